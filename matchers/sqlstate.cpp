#include "matchers/sqlstate.h"

#include <cctype>

namespace culprit {
namespace {

std::string camel_case(std::string_view condition) {
    std::string result;
    bool upper = true;
    for (const char letter : condition) {
        if (letter == '_') {
            upper = true;
        } else {
            result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
            upper = false;
        }
    }
    return result;
}

std::string_view find(const std::map<std::string, std::string, std::less<>>& map, std::string_view key) {
    const auto found = map.find(key);
    return found == map.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace

void SqlstateTable::add(std::string code, std::string condition) {
    by_class_.try_emplace(camel_case(condition), code);
    conditions_.try_emplace(std::move(code), std::move(condition));
}

std::string_view SqlstateTable::condition(std::string_view code) const { return find(conditions_, code); }
std::string_view SqlstateTable::code_of_class(std::string_view exception_class) const { return find(by_class_, exception_class); }

}  // namespace culprit
