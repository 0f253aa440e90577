#pragma once
// What the CONTEXT of a server's error says about where it happened, in any of the server's languages
// (src/backend/executor/spi.c, functions.c, src/pl/plpgsql/src/pl_exec.c; the innermost frame comes first).
#include <map>
#include <string>
#include <string_view>

#include "matchers/record.h"
#include "matchers/sqlstate.h"

namespace culprit {

struct ErrorContext {
    std::string inner_statement;   // the innermost statement, where a function ran it and the frame shows it
    bool within_function = false;  // the session's own statement is not the one that failed
    bool raised = false;           // by RAISE: the words of the message are the function's, not the server's
};
ErrorContext read_context(std::string_view context);

/// The SQLSTATE of an error that RAISE threw, where the record has none: what the statement says of it (`ERRCODE = '23505'`,
/// `RAISE unique_violation`), or the message, which is the condition's name when RAISE has no other; else `P0001`, RAISE's own.
/// The message's other words say nothing: a function may throw any.
std::string raised_sqlstate(const Record& record, const SqlstateTable& table);

/// The names that RAISE gave (`USING TABLE = 'orders'`), by `constraint`, `table`, `column` and `schema`: those that the
/// statement says once.
std::map<std::string, std::string, std::less<>> raised_names(std::string_view statement);

}  // namespace culprit
