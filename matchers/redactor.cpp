#include "matchers/redactor.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>

namespace culprit {

Redactor::Redactor(RedactionPolicy policy) : policy_(std::move(policy)) {}

std::string Redactor::hash(std::string_view value) const {
    // The key seeds the hash by its own hash: equal values join only under equal keys.
    const std::uint64_t seed = XXH3_64bits(policy_.key.data(), policy_.key.size());
    const std::uint64_t hash = XXH3_64bits_withSeed(value.data(), value.size(), seed);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%012llx", static_cast<unsigned long long>(hash >> 16));
    return text.data();
}

std::string Redactor::value(std::string_view value) const {
    switch (policy_.values) {
        case RedactedValues::hash:
            return "<h:" + hash(value) + ">";
        case RedactedValues::remove:
            return "<redacted>";
        case RedactedValues::keep:
            return std::string(value);
    }
    return "<redacted>";
}

std::string Redactor::message(std::string_view text) const { return value(text); }
std::string Redactor::detail(std::string_view text) const { return value(text); }
std::string Redactor::statement(std::string_view sql) const { return value(sql); }

bool parse_key_detail(std::string_view, KeyDetail&) { return false; }

}  // namespace culprit
