#pragma once
// The query of a request's target, taken apart and put together.
#include <map>
#include <string>
#include <string_view>

namespace culprit {

/// `a=1&b=x+y%21` → {a: "1", b: "x y!"}. The last of two equal names holds; what is no pair is left out.
using UrlQuery = std::map<std::string, std::string, std::less<>>;

UrlQuery query_of(std::string_view target);
std::string_view path_of(std::string_view target);
/// The value, or empty.
std::string_view value_of(const UrlQuery& query, std::string_view name);
/// All but letters, digits and `-._~` as `%XX`: it changes no address that it becomes part of.
std::string percent_encoded(std::string_view text);
/// `?a=1&b=x%20y%21` of those that are not empty; empty when none is.
std::string to_text(const UrlQuery& query);

}  // namespace culprit
