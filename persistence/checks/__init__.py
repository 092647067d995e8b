"""The proof of a finished run, by SQL over its rows: integrity, conservation and acceptance.

A simulation may believe what it likes about itself; what counts is what stands in the database. A
check is a promise about rows and the query for whatever breaks it, so that a failure names its rows
(:mod:`persistence.checks.engine.rule`). Working tables in whole numbers make the queries the same
on every database, and exact (:mod:`persistence.checks.engine.tables`).
"""

from persistence.checks.engine.result import CheckResult
from persistence.checks.judge import DEFAULT
from persistence.checks.proof import NoRunError, RunProof, prove
from persistence.checks.run import run_checks

__all__ = ["DEFAULT", "CheckResult", "NoRunError", "RunProof", "prove", "run_checks"]
