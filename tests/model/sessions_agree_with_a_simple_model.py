"""Random commands in several sessions over several mailboxes: every client's picture, built from what it was told, and
every number of every mailbox agree with a model (picture.py, world.py).  TERN_SEED repeats a run."""
# time limit: 300 s
# suite: threads

import os
import random
import time

import tern
from storm import Storm
from world import World

SECONDS = float(os.environ.get("TERN_MODEL_SECONDS", "20"))


def seed():
    value = int(os.environ.get("TERN_SEED", random.randrange(2**32)))
    print("TERN_SEED", value)
    return value


def test_every_picture_and_every_number_agree_with_the_model():
    with tern.Server() as server:
        world = World(server, seed())
        world.connect()
        for name in ("m0", "m1", "m2", "m3"):
            world.control.ok(f"CREATE {name}")
            world.add_box(name)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for _ in range(world.random.randrange(5, 60)):
                world.step()
            world.quiet()
        print("steps:", world.steps, "snapshots:", len(world.snapshots))
        assert world.steps > 20 * SECONDS
        world.disconnect()


def test_commands_at_the_same_time_lose_nothing_and_leave_all_pictures_alike():
    with tern.Server() as server:
        world = World(server, seed())
        world.connect()
        for name in ("m0", "m1", "m2"):
            world.control.ok(f"CREATE {name}")
            world.add_box(name)
        end, storms = time.monotonic() + SECONDS / 2, 0
        while time.monotonic() < end:
            for _ in range(20):
                world.step()
            for _ in range(world.random.randrange(1, 5)):
                Storm(world).run()
                storms += 1
            world.quiet()
        assert storms > SECONDS / 2
        world.disconnect()


def test_numbers_continue_after_restarts_and_kills():
    with tern.Server() as server:
        world = World(server, seed())
        end, rounds = time.monotonic() + SECONDS / 2, 0
        while time.monotonic() < end:
            world.connect()
            if not rounds:
                for name in ("m0", "m1", "m2"):
                    world.control.ok(f"CREATE {name}")
                    world.add_box(name)
            for box in world.boxes.values():
                world.hold(box)  # as it was before
            for _ in range(150):
                world.step()
            if rounds % 2:
                world.quiet()
            world.disconnect()
            server.kill() if rounds % 3 else server.stop()
            server.start()
            rounds += 1
        assert rounds >= 3
