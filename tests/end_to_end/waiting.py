"""Bounded, event-driven waiting: a condition is polled, never a time slept through."""
import time


class TimedOut(AssertionError):
    pass


def wait_until(what, condition, patience=60.0, interval=0.05, explain=None):
    """Returns the first true value of `condition()`. After `patience` seconds fails, saying `what` was awaited and what `explain()` says."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {patience:g} s for: {what}" + (f"\n{explain()}" if explain else ""))
        time.sleep(interval)
