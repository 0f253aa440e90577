#pragma once
// The error objects of database drivers, as loggers write them into JSON: node-postgres, postgres.js, Sequelize, Prisma, Npgsql,
// JDBC… Included by decoders' .cpp files only.
#include <string>
#include <string_view>

#include "matchers/decoding/json_access.h"
#include "matchers/record.h"

namespace culprit::json {

/// Fills what the record does not know yet from `error` and from the causes inside of it. `bare_code` says whether a member that
/// is only called `code` may be a SQLSTATE.
void take_driver_error(Record& record, Object error, bool bare_code);

/// The texts of an error, outer before inner: messages, stacks, the causes'. Each is appended as a line of its own unless `text`
/// holds it already.
void append_error_text(std::string& text, Element error);

}  // namespace culprit::json
