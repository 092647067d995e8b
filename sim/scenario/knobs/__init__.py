"""The knobs of a scenario, a module a domain."""
