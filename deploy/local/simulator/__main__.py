"""`python -m deploy.local.simulator --port N`: the partner simulator as a process of its own."""

import argparse
import asyncio
import signal

import uvloop

from deploy.local.simulator.partner import Partner
from deploy.local.simulator.received import MAX_CHANGES
from deploy.local.simulator.recorded_answers import answers_of_the_catalog
from deploy.local.simulator.server import serve


async def run(port: int, most_changes: int) -> None:
    """Serves until SIGTERM or SIGINT; prints the address as soon as it listens."""
    recorded = answers_of_the_catalog()
    server = await serve(Partner(recorded, most_changes=most_changes), port)
    address = server.sockets[0].getsockname()
    print(f"partner simulator on http://{address[0]}:{address[1]}, {len(recorded)} recorded answers", flush=True)  # noqa: T201  # what started it reads this
    ended = asyncio.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_, ended.set)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m deploy.local.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port, which is printed")
    parser.add_argument("--changes", type=int, default=MAX_CHANGES, help="so many changes of profiles are remembered")
    arguments = parser.parse_args()
    uvloop.run(run(arguments.port, arguments.changes))
