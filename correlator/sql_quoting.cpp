#include "correlator/sql_quoting.h"

namespace culprit {

std::string quote_identifier(const std::string& name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"') quoted += c;
        quoted += c;
    }
    return quoted + '"';
}

std::string quote_literal(const std::string& text) {
    std::string quoted = text.find('\\') == std::string::npos ? "'" : "E'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += c;
        quoted += c;
    }
    return quoted + '\'';
}

}  // namespace culprit
