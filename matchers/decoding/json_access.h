#pragma once
// How the decoders read JSON: simdjson's DOM. Included by decoders' .cpp files only.
#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace culprit::json {

using Object = simdjson::dom::object;
using Element = simdjson::dom::element;

/// `a.b.c`, whether written as nested objects, as one dotted key, or as a mixture. The first of equal keys counts.
std::optional<Element> find(Object object, std::string_view path);

std::optional<std::string_view> string_at(Object object, std::string_view path);
std::optional<Object> object_at(Object object, std::string_view path);

/// A scalar as text: a string as it is, numbers as JSON writes them, `true` and `false`; nothing for null, objects and arrays.
std::optional<std::string> scalar_text(Element element);

/// The first of `paths` that is a non-empty scalar.
template <class Paths>
std::string first_scalar(Object object, const Paths& paths) {
    for (const std::string_view path : paths) {
        if (const auto element = find(object, path)) {
            if (auto text = scalar_text(*element); text && !text->empty()) return std::move(*text);
        }
    }
    return {};
}

}  // namespace culprit::json
