"""Pure functions of fish and water, arrays in and arrays out, with their sources."""
