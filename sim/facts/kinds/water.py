"""Water and weather: what instruments reported."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "reading",
        "fact",
        "value:decimal:4 reading_time:time created_at:time batch?:key:batch"
        " container?:key:container parameter:key:parameter sensor:key:sensor"
        " batch_container_assignment?:key:assignment",
        stamps=False,
    ),
    kind(
        "weather",
        "fact",
        "timestamp:time temperature?:decimal:2 wind_speed?:decimal:2 wind_direction?"
        " precipitation?:decimal:2 wave_height?:decimal:2 wave_period?:decimal:2 wave_direction?"
        " cloud_cover? created_at:time area:key:area",
        stamps=False,
    ),
    kind(
        "photoperiod",
        "fact",
        "date:date day_length_hours:decimal:2 light_intensity?:decimal:2 is_interpolated:bool"
        " area:key:area",
    ),
    kind(
        "stage_environment",
        "entity",
        "temperature?:decimal:2 oxygen?:decimal:2 salinity?:decimal:2 ph?:decimal:2"
        " additional_parameters?:json notes:text batch_transfer_workflow:key:transfer_workflow",
    ),
)
