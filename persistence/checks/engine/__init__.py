"""How checks are run: sessions, rules, working tables, results, the verdict."""
