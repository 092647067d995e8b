"""Stores for what the model recorded: schema, encoders, ledger and checks."""
