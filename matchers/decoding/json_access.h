#pragma once
// How the decoders read JSON: simdjson's DOM. Included by decoders' .cpp files only.
#include <simdjson.h>

#include <cstdint>
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

/// An object that is asked for many names, most of which it does not have: a mark of each of its keys tells so at once. Stands
/// for the object, and lives no longer.
class Members {
   public:
    explicit Members(Object object) : object_(object) {
        for (const auto member : object) marks_ |= mark(member.key);
    }
    Object object() const { return object_; }
    /// False: there is nothing at this path.
    bool may_have(std::string_view path) const {
        if ((marks_ & mark(path)) != 0) return true;
        for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
            if ((marks_ & mark(path.substr(0, dot))) != 0) return true;
        }
        return false;
    }

   private:
    static std::uint64_t mark(std::string_view key) {
        if (key.empty()) return 1;
        const auto first = static_cast<unsigned char>(key.front()), last = static_cast<unsigned char>(key.back());
        return std::uint64_t{1} << ((first * 7U + last * 3U + static_cast<unsigned>(key.size()) * 13U) % 64U);
    }
    Object object_;
    std::uint64_t marks_ = 0;
};

inline std::optional<Element> find(const Members& members, std::string_view path) {
    return members.may_have(path) ? find(members.object(), path) : std::nullopt;
}
inline std::optional<std::string_view> string_at(const Members& members, std::string_view path) {
    return members.may_have(path) ? string_at(members.object(), path) : std::nullopt;
}
inline std::optional<Object> object_at(const Members& members, std::string_view path) {
    return members.may_have(path) ? object_at(members.object(), path) : std::nullopt;
}

/// A scalar as text: a string as it is, numbers as JSON writes them, `true` and `false`; nothing for null, objects and arrays.
std::optional<std::string> scalar_text(Element element);

/// The first of `paths` that is a non-empty scalar.
template <class Holder, class Paths>
std::string first_scalar(const Holder& object, const Paths& paths) {
    for (const std::string_view path : paths) {
        if (const auto element = find(object, path)) {
            if (auto text = scalar_text(*element); text && !text->empty()) return std::move(*text);
        }
    }
    return {};
}

}  // namespace culprit::json
