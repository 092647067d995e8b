"""Feed: bought, stored, eaten, summed up."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "feed_purchase",
        "entity",
        "purchase_date:date quantity_kg:decimal:2 cost_per_kg:decimal:2 supplier:text"
        " batch_number:text expiry_date?:date notes:text feed:key:feed",
    ),
    kind(
        "feed_stock",
        "entity",
        "quantity_kg:decimal:2 entry_date:time feed_container:key:feed_container"
        " feed_purchase:key:feed_purchase",
    ),
    kind(
        "container_feeding_summary",
        "entity",
        "period_start:date period_end:date total_feed_kg:decimal:2 starting_biomass_kg?:decimal:2"
        " ending_biomass_kg?:decimal:2 growth_kg?:decimal:2 fcr?:decimal:3 confidence_level:text"
        " estimation_method?:text data_points batch:key:batch container_assignment:key:assignment",
    ),
    kind(
        "batch_feeding_summary",
        "entity",
        "period_start:date period_end:date total_feed_kg:decimal:2"
        " average_feeding_percentage?:decimal:2 batch:key:batch total_feed_consumed_kg?:decimal:2"
        " total_biomass_gain_kg?:decimal:2 fcr?:decimal:3 estimation_method?:text container_count"
        " overall_confidence_level:text total_ending_biomass_kg?:decimal:2"
        " total_growth_kg?:decimal:2 total_starting_biomass_kg?:decimal:2"
        " weighted_avg_fcr?:decimal:3"
        " average_biomass_kg?:decimal:2",
    ),
    kind(
        "feeding",
        "fact",
        "feeding_date:date feeding_time:clock amount_kg:decimal:4 batch_biomass_kg:decimal:2"
        " feeding_percentage?:decimal:6 method:text batch:key:batch"
        " batch_assignment?:key:assignment container:key:container feed:key:feed"
        " feed_cost?:decimal:2",
    ),
)
