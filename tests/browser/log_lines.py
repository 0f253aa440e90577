"""Lines of a PostgreSQL jsonlog, made to order: many problems for the list, and texts that would like to be markup."""
import datetime
import json

START = datetime.datetime(2026, 11, 20, 12, 0, 0, tzinfo=datetime.timezone.utc)

SCRIPT = "<script>top['taken']=1</script>"
IMAGE = '"><img src=x onerror="top[\'taken\']=1">'
RIGHT_TO_LEFT = "\u202eevil\u2066"


def jsonlog(seconds, message, statement="", sqlstate="42P01", severity="ERROR", application="checkout", database="shop"):
    time = (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"
    return json.dumps({"timestamp": time, "user": "app", "dbname": database, "pid": 100, "session_id": "6b003b7c.64", "line_num": 1,
                       "error_severity": severity, "state_code": sqlstate, "message": message, "statement": statement,
                       "application_name": application, "backend_type": "client backend"}, ensure_ascii=False) + "\n"


def many_problems(count):
    """As many incidents, by two services, a second apart. Beyond 5,000 names culprit counts the others together: then the same ones are
    missing in another database, too."""
    def missing(number):
        table, database = f"table_{number % 5_000:05d}", "shop" if number < 5_000 else f"shop_{number // 5_000}"
        return jsonlog(number, f'relation "{table}" does not exist', f"SELECT * FROM {table}", database=database,
                       application="billing" if number % 3 == 0 else "checkout")
    return "".join(missing(number) for number in range(count))


def three_severities():
    """Three incidents, the worst one first in time."""
    corrupt = jsonlog(0, "invalid page in block 7 of relation base/16384/24576", "SELECT * FROM ledger", sqlstate="XX001")
    isolated = "".join(jsonlog(60 + number, 'duplicate key value violates unique constraint "users_email_key"', "INSERT INTO users VALUES ($1)", sqlstate="23505")
                       for number in range(4))
    return corrupt + isolated + jsonlog(120, 'relation "wishlists" does not exist', "SELECT * FROM wishlists")


def hostile():
    """Names that are markup, and a megabyte."""
    named = "".join(jsonlog(number, f'relation "{name}" does not exist', f"SELECT '{name}' FROM t")
                    for number, name in enumerate((SCRIPT, IMAGE.replace('"', "'"), RIGHT_TO_LEFT)))
    named += jsonlog(8, "invalid input syntax for type integer: " + IMAGE + "y" * 1_000_000, sqlstate="22P02")
    return named + jsonlog(9, 'relation "large" does not exist', "SELECT " + IMAGE + "x" * 1_000_000)
