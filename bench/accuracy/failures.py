"""PostgreSQL's own words for each condition, as one record that the server's log and an application's log are both written from."""
import dataclasses

from names import Table, quote


@dataclasses.dataclass(frozen=True)
class Failure:
    condition: str
    sqlstate: str
    message: str
    detail: str | None = None
    hint: str | None = None
    context: str | None = None
    statement: str | None = None
    position: int | None = None
    severity: str = "ERROR"
    table: Table | None = None
    table_name: str | None = None      # the object that an incident should name
    column: str | None = None
    constraint: str | None = None
    value: str = ""
    routine: tuple = ("ProcessInterrupts", "postgres.c", 3345)

    @property
    def object(self):
        """What makes two failures the same problem."""
        return {"constraint": self.constraint, "table": self.table_name, "column": self.column}


def unique(table, constraint, column, value, statement=None):
    return Failure("unique_violation", "23505", f'duplicate key value violates unique constraint "{constraint}"', f"Key ({quote(column)})=({value}) already exists.",
                   statement=statement or table.insert(column, table.plain), table=table, table_name=table.name, constraint=constraint, value=value,
                   routine=("_bt_check_unique", "nbtinsert.c", 664))


def foreign_key(table, constraint, value, statement=None, context=None):
    return Failure("foreign_key_violation", "23503", f'insert or update on table "{table.name}" violates foreign key constraint "{constraint}"',
                   f'Key ({table.reference})=({value}) is not present in table "{table.parent}".', context=context,
                   statement=statement or table.insert(table.reference, table.plain), table=table, table_name=table.name, constraint=constraint, value=value,
                   routine=("ri_ReportViolation", "ri_triggers.c", 2596))


def not_null(table, column, value):
    return Failure("not_null_violation", "23502", f'null value in column "{column}" of relation "{table.name}" violates not-null constraint',
                   f"Failing row contains ({value}, null, new, null).", statement=table.insert(table.unique, table.reference), table=table,
                   table_name=table.name, column=column, routine=("ExecConstraints", "execMain.c", 1987))


def check(table, constraint, value):
    return Failure("check_violation", "23514", f'new row for relation "{table.name}" violates check constraint "{constraint}"',
                   f"Failing row contains ({value}, -1, new, null).", statement=table.insert(table.unique, table.plain), table=table,
                   table_name=table.name, constraint=constraint, routine=("ExecConstraints", "execMain.c", 2029))


def undefined_table(table, statement=None):
    name = f"{table.schema}.{table.name}" if table.schema != "public" else table.name
    statement = statement or table.select()
    position = statement.find(table.sql) + 1 or None
    return Failure("undefined_table", "42P01", f'relation "{name}" does not exist', statement=statement, position=position,
                   table_name=table.name, routine=("parserOpenTable", "parse_relation.c", 1392))


def undefined_column(table, column, insert=False):
    statement = table.insert(table.unique, column) if insert else table.select(column)
    message = f'column "{column}" of relation "{table.name}" does not exist' if insert else f'column "{column}" does not exist'
    return Failure("undefined_column", "42703", message, statement=statement, position=statement.find(quote(column)) + 1, column=column,
                   table_name=table.name if insert else None, routine=("checkInsertTargets" if insert else "errorMissingColumn", "parse_relation.c", 3656))


def invalid_enum(enum, value, statement):
    return Failure("invalid_text_representation", "22P02", f'invalid input value for enum {quote(enum)}: "{value}"', statement=statement, value=value,
                   routine=("enum_in", "enum.c", 129))


def invalid_syntax(kind, value, statement):
    return Failure("invalid_text_representation", "22P02", f'invalid input syntax for type {kind}: "{value}"', statement=statement, value=value,
                   context="unnamed portal parameter $1 = '...'", routine=("pg_strtoint32", "numutils.c", 320))


def datatype_mismatch(table, column, wanted, given):
    statement = table.insert(column, table.plain)
    return Failure("datatype_mismatch", "42804", f'column "{column}" is of type {wanted} but expression is of type {given}',
                   hint="You will need to rewrite or cast the expression.", statement=statement, position=statement.find("$1") + 1, column=column,
                   routine=("transformAssignedExpr", "parse_target.c", 601))


def no_operator(table, column, left, right):
    statement = f"SELECT * FROM {table.sql} WHERE {quote(column)} = $1"
    return Failure("undefined_function", "42883", f"operator does not exist: {left} = {right}",
                   hint="No operator matches the given name and argument types. You might need to add explicit type casts.", statement=statement,
                   position=statement.find("= $1") + 1, routine=("op_error", "parse_oper.c", 647))


def statement_timeout(table):
    return Failure("query_canceled", "57014", "canceling statement due to statement timeout", statement=f"SELECT count(*) FROM {table.sql} WHERE {quote(table.plain)} = $1")


def lock_timeout(table):
    return Failure("lock_not_available", "55P03", "canceling statement due to lock timeout",
                   statement=f"UPDATE {table.sql} SET {quote(table.plain)} = $1 WHERE id = $2")


def permission_denied(table):
    return Failure("insufficient_privilege", "42501", f"permission denied for table {table.name}", statement=table.select(), table_name=table.name,
                   routine=("aclcheck_error", "aclchk.c", 3650))


def read_only(table, verb="INSERT"):
    statement = {"INSERT": table.insert(table.unique, table.plain), "UPDATE": f"UPDATE {table.sql} SET {quote(table.plain)} = $1 WHERE id = $2",
                 "DELETE": f"DELETE FROM {table.sql} WHERE id = $1"}[verb]
    return Failure("read_only_sql_transaction", "25006", f"cannot execute {verb} in a read-only transaction", statement=statement,
                   routine=("PreventCommandIfReadOnly", "utility.c", 414))


def too_many_connections():
    return Failure("too_many_connections", "53300", "sorry, too many clients already", severity="FATAL", routine=("InitProcess", "proc.c", 346))


def sequence_exhausted(table, limit):
    return Failure("sequence_generator_limit_exceeded", "2200H", f'nextval: reached maximum value of sequence "{table.sequence}" ({limit})',
                   statement=table.insert(table.unique, table.plain), routine=("nextval_internal", "sequence.c", 742))


def duplicate_in_index(constraint, column, value, statement):
    """A unique index that cannot be built."""
    return Failure("unique_violation", "23505", f'could not create unique index "{constraint}"', f"Key ({quote(column)})=({value}) is duplicated.",
                   statement=statement, constraint=constraint, value=value, routine=("comparetup_index_btree", "tuplesort.c", 4297))
