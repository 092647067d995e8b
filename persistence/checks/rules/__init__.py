"""What must hold, a module a domain."""
