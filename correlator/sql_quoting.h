#pragma once
// SQL text out of names that come from hostile logs. What is returned is one token to PostgreSQL, whatever the name holds.
#include <string>

namespace culprit {

/// `"name"`, with inner quotes doubled.
std::string quote_identifier(const std::string& name);
/// `'text'`, with inner quotes doubled; `E'…'` where it holds a backslash, so that standard_conforming_strings does not matter.
std::string quote_literal(const std::string& text);

}  // namespace culprit
