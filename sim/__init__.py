"""The Smoltflow model: a salmon-farming company on one simulated clock."""

__version__ = "0.1.0"
