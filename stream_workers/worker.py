"""Running a worker program until it is told to stop, and ending it hard when its event loop no longer turns."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from typing import Protocol

import structlog
import uvloop

from connectors.catalog import load_catalog
from stream_workers.app import DeliveryProgram
from stream_workers.metrics_app import MetricsProgram
from stream_workers.settings import WorkerSettings
from stream_workers.shell.logging_setup import configure_logging

STALL_SECONDS = 10.0
STALLED, CRASHED = 70, 71


class Program(Protocol):
    """A program of the worker."""

    async def start(self) -> None:
        """Begin."""

    async def crashed(self) -> None:
        """Return when a part has broken that only a new process can mend."""

    async def stop(self) -> None:
        """End in order."""


class Watchdog:
    """A thread outside the event loop: ends the process when the loop has not turned for some seconds."""

    def __init__(self, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._turned_at = time.monotonic()

    def start(self) -> None:
        """Watch from now on."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    async def turn(self) -> None:
        """Runs in the loop and proves that it turns."""
        while True:
            self._turned_at = time.monotonic()
            await asyncio.sleep(0.5)

    def _watch(self) -> None:
        looked_at = time.monotonic()
        while True:
            time.sleep(1.0)
            now = time.monotonic()
            frozen = now - looked_at > 5.0
            looked_at = now
            if frozen:
                self._turned_at = now
            elif now - self._turned_at > self._stall_seconds:
                sys.stderr.write(f"the event loop has not turned for {self._stall_seconds:.0f} s; ending the worker\n")
                sys.stderr.flush()
                os._exit(STALLED)


async def run(program: Program, shutdown_seconds: float) -> int:
    """Start, wait for SIGTERM, SIGINT or a crash, and stop in order; returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    watchdog = Watchdog(STALL_SECONDS)
    watchdog.start()
    turning = loop.create_task(watchdog.turn())
    starting = loop.create_task(program.start())
    crashed = loop.create_task(program.crashed())
    ended = [loop.create_task(stop.wait()), crashed]
    await asyncio.wait([starting, *ended], return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and starting.exception() is None:
        await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    failure = starting.exception() if starting.done() else None
    broken = crashed.done()
    for task in (starting, *ended):
        task.cancel()
    log = structlog.get_logger("patchbay.worker")
    try:
        await asyncio.wait_for(program.stop(), shutdown_seconds)
    except TimeoutError:
        log.warning("worker.stop_forced", seconds=shutdown_seconds)
        os._exit(CRASHED)
    turning.cancel()
    if failure is not None:
        log.error("worker.failed", exc_info=failure)
    return CRASHED if failure is not None or broken else 0


def run_worker(settings: WorkerSettings) -> int:
    """`patchbay worker`: deliver until stopped; returns the exit code."""
    return uvloop.run(_run_delivery(settings))


def run_metrics(settings: WorkerSettings) -> int:
    """`patchbay metrics`: count outcomes until stopped; returns the exit code."""
    return uvloop.run(_run_metrics(settings))


async def _run_metrics(settings: WorkerSettings) -> int:
    configure_logging(settings.log_level, settings.log_format)
    return await run(MetricsProgram(settings, load_catalog()), settings.worker.shutdown_seconds)


async def _run_delivery(settings: WorkerSettings) -> int:
    configure_logging(settings.log_level, settings.log_format)
    return await run(DeliveryProgram(settings, load_catalog()), settings.worker.shutdown_seconds)
