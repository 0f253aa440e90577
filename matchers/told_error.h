#pragma once
// Whether a record tells of an error at all, and which one a pattern says it is.
#include <string>

#include "matchers/catalogue.h"
#include "matchers/record.h"

namespace culprit {

/// By its level. An application's that has none may tell of one.
bool tells_of_an_error(const Record& record, const Catalogue& catalogue);

/// The SQLSTATE that the pattern gives, or that it caught as a code or as an exception's name; empty where it is none of
/// PostgreSQL's, or where the pattern only adds to what others say.
std::string code_of(const Pattern& pattern, const Captures& captures, const SqlstateTable& table);

}  // namespace culprit
