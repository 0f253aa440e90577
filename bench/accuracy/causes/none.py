"""Errors that no change caused: whatever happened nearby is innocent."""
import failures
from case import kind


@kind(group="no cause", weight=3)
def organic_duplicates(world):
    """Users repeat themselves, from the first minute to the last."""
    table, names, r = world.table, world.names, world.random
    constraint = names.constraint(table, table.unique, r.choice(["", "alembic", "django", "knex"]))
    end = world.now + r.choice([1200, 3600, 7200])
    world.organic(table, table.unique, constraint, world.case.start + 10, end, r.choice([5, 9, 16, 30]))
    world.middle = world.case.start + (end - world.case.start) * r.uniform(0.3, 0.7)
    world.now = end


@kind(group="no cause", weight=3)
def constant_bug(world):
    """The application has always asked for what is not there, or written what is refused, at a steady pace."""
    table, names, r, case = world.table, world.names, world.random, world.case
    ghost, constraint = names.table(), names.constraint(table, table.reference, "", "foreign_key")
    make = r.choice([lambda: failures.undefined_table(ghost), lambda: failures.undefined_column(table, "legacy_flag"), lambda: failures.foreign_key(table, constraint, names.value()),
                     lambda: failures.not_null(table, table.plain, names.value()), lambda: failures.permission_denied(table)])
    end, every = world.now + r.choice([1200, 3600]), r.choice([20, 60, 240])
    at = case.start + r.uniform(6, every)
    while at < end:
        failure = make()
        case.problem(failure, world.service.database, world.service.name, None).entries.extend(world.service.fail(at, failure, f"GET /{table.name}"))
        at += every * r.uniform(0.7, 1.3)
    if not world.service.speaks_of(failure.condition):
        case.see_something_of("server")
    world.middle = case.start + (end - case.start) * r.uniform(0.3, 0.7)
    world.now = end


@kind(group="no cause", weight=2)
def retry_storm(world):
    """One client sends one request again and again."""
    table, names, r = world.table, world.names, world.random
    column = r.choice(["id", table.unique])
    constraint = table.primary_key if column == "id" else names.constraint(table, column, "")
    value = names.value(column)
    statement = table.insert(column, table.plain)
    world.middle = world.now - r.uniform(600, 1200) if world.before > 1500 else None
    world.errors(lambda: failures.unique(table, constraint, column, value, statement), None, count=r.choice([30, 60, 120]), pace=r.choice([0.05, 0.2, 0.8]))
    world.now += 60
