"""A Dask cluster: the same tasks, on other machines.

A cluster is started with ``dask scheduler`` on one machine and, on every machine that shall work,
``dask worker tcp://HOST:8786 --nworkers auto --nthreads 1`` (one process a core). All of them need
``pip install 'smoltflow[cluster]'`` in the version that asks. Dask gives the tasks of a lost worker
to another; a task that keeps losing its workers comes back as failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Self

from sim.core.failures import in_a_line
from sim.study.executor import EngineError, Watch, Work, failed
from sim.study.results import Replication, Task

CONNECT_S = 5.0
WORKERS_S = 10.0
_AHEAD = 3
"""So many tasks per worker thread are handed out: enough to keep it busy, few to hold."""


class Cluster:
    """Does tasks on a Dask cluster.

    Args:
        work: what a worker does; found there by its name.
        scheduler: the scheduler's address, ``tcp://host:8786``.
        version: of this program; the workers must have the same.

    Raises:
        EngineError: no such cluster, nobody works for it, or in another version.
    """

    name = "dask"

    def __init__(self, work: Work, scheduler: str, version: str) -> None:
        self.work = work
        distributed = _distributed()
        try:
            # Looked at first, because a client with an address of nonsense cannot even be closed.
            import_module("distributed.comm").resolve_address(scheduler)
            self._client: Any = distributed.Client(
                scheduler, timeout=CONNECT_S, set_as_default=False, name="smoltflow"
            )
        except (OSError, ValueError, TypeError) as error:
            reason = str(error).strip().partition("\n")[0] if isinstance(error, ValueError) else ""
            raise EngineError(
                f"no Dask scheduler answers at {scheduler}{f' ({reason})' if reason else ''};"
                " 'dask scheduler' starts one, 'dask worker tcp://HOST:8786' its workers"
            ) from None
        try:
            self.workers = self._muster(scheduler, version)
        except BaseException:
            self._client.close()
            raise

    def _muster(self, scheduler: str, version: str) -> int:
        """Wait for workers, check that they are like us, and count their threads."""
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_S)
        except TimeoutError:
            text = f"the Dask scheduler at {scheduler} has no workers; start some there with"
            raise EngineError(f"{text} 'dask worker {scheduler}'") from None
        try:
            versions = self._client.run(versions_here)
        except Exception as error:  # noqa: BLE001 - whatever their interpreter says
            text = f"the workers at {scheduler} cannot load smoltflow ({type(error).__name__})"
            raise EngineError(f"{text}: pip install 'smoltflow[cluster]' there") from None
        for worker, found in versions.items():
            if found != version:
                text = f"the worker {worker} has smoltflow {found}, this is {version}"
                raise EngineError(f"{text}: numbers could differ; install the same there")
        return int(sum(self._client.nthreads().values()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()  # which also lets the scheduler forget what nobody waits for

    def run(self, tasks: Sequence[Task], watch: Watch) -> Iterator[Replication]:  # noqa: ARG002
        """Do tasks; some more than there are threads are on their way at a time."""
        distributed = _distributed()
        left = iter(tasks)
        of: dict[Any, Task] = {}

        def submit() -> Any | None:
            task = next(left, None)
            if task is None:
                return None
            future = self._client.submit(done, self.work, task, pure=False)
            of[future] = task
            return future

        first = [future for _ in range(self.workers * _AHEAD) if (future := submit())]
        completed = distributed.as_completed(first, loop=self._client.loop)
        for future in completed:
            task = of.pop(future)
            error = future.exception()
            result = future.result() if error is None else failed(task, in_a_line(error))
            future.release()
            following = submit()
            if following is not None:
                completed.add(following)
            yield result


def done(work: Work, task: Task) -> Replication:
    """What a Dask worker calls: the work, with nobody watching."""
    return work(task, lambda _: None)


def versions_here() -> str:
    """The version of this program as workers tell it."""
    from sim.study.replication import VERSION

    return VERSION


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ModuleNotFoundError as missing:
        raise EngineError(
            "the engine dask needs dask and distributed: pip install 'smoltflow[cluster]'"
        ) from missing
