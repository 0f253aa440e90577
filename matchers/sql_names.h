#pragma once
// The names that a text holds, as far as its words and quotation marks tell: no parser, so it also reads what was cut or is no
// SQL.
#include <set>
#include <string>
#include <string_view>

namespace culprit {

/// Identifiers of a statement as PostgreSQL understands them: quoted ones without their quotation marks, others folded to lower
/// case. Literals and comments are passed over. What may be a keyword is in it too.
std::set<std::string, std::less<>> names_in_sql(std::string_view sql);

}  // namespace culprit
