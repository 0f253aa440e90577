#include "matchers/decoding/json_access.h"

namespace culprit::json {

std::optional<Element> find(Object object, std::string_view path) {
    Element found;
    if (object.at_key(path).get(found) == simdjson::SUCCESS) return found;
    for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
        Object inner;
        if (object.at_key(path.substr(0, dot)).get(inner) != simdjson::SUCCESS) continue;
        if (auto element = find(inner, path.substr(dot + 1))) return element;
    }
    return {};
}

std::optional<std::string_view> string_at(Object object, std::string_view path) {
    const auto element = find(object, path);
    std::string_view text;
    if (!element || element->get(text) != simdjson::SUCCESS) return {};
    return text;
}

std::optional<Object> object_at(Object object, std::string_view path) {
    const auto element = find(object, path);
    Object inner;
    if (!element || element->get(inner) != simdjson::SUCCESS) return {};
    return inner;
}

std::optional<std::string> scalar_text(Element element) {
    switch (element.type()) {
        case simdjson::dom::element_type::STRING:
            return std::string{std::string_view(element)};
        case simdjson::dom::element_type::INT64:
        case simdjson::dom::element_type::UINT64:
        case simdjson::dom::element_type::DOUBLE:
        case simdjson::dom::element_type::BOOL:
            return simdjson::minify(element);
        default:
            return {};
    }
}

}  // namespace culprit::json
