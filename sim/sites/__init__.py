"""Where and when: sites, their containers and sensors, the plan, the feed of the first day."""
