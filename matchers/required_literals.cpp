#include "matchers/required_literals.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <numeric>

namespace culprit {
namespace {

constexpr std::size_t kShortest = 4;

bool is_plain(unsigned char byte) { return byte >= 0x20 && byte < 0x7f && std::strchr("\"\\/'<>&+`", byte) == nullptr; }

/// The longest run of bytes for which `fits` holds.
template <class Fits>
std::string_view longest_run(std::string_view text, Fits fits) {
    std::string_view best;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && fits(static_cast<unsigned char>(text[end]))) ++end;
        if (end - at > best.size()) best = text.substr(at, end - at);
        at = end + 1;
    }
    return best;
}

std::string_view plain_run(std::string_view text) { return longest_run(text, is_plain); }

std::string_view printable_run(std::string_view text) {
    return longest_run(text, [](unsigned char byte) { return byte >= 0x20 && byte < 0x7f; });
}

std::string_view foreign_run(std::string_view text) {
    return longest_run(text, [](unsigned char byte) { return byte >= 0x80; });
}

/// `ОШИБКА` → `\u041e\u0428…`. Requires valid UTF-8 of the basic plane.
std::string escaped(std::string_view utf8) {
    std::string result;
    for (std::size_t at = 0; at < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[at]);
        const std::size_t length = lead >= 0xe0 ? 3 : 2;
        unsigned code = length == 3 ? lead & 0x0fu : lead & 0x1fu;
        for (std::size_t next = 1; next < length && at + next < utf8.size(); ++next) {
            code = (code << 6) | (static_cast<unsigned char>(utf8[at + next]) & 0x3fu);
        }
        std::array<char, 8> text{};
        std::snprintf(text.data(), text.size(), "\\u%04x", code);
        result += text.data();
        at += length;
    }
    return result;
}

struct Requirement {
    re2::FilteredRE2 filter{1};
    std::vector<std::string> atoms;
    bool possible_without(const std::vector<bool>& left_out) {
        std::vector<int> present;
        for (std::size_t index = 0; index < atoms.size(); ++index) {
            if (!left_out[index]) present.push_back(static_cast<int>(index));
        }
        std::vector<int> potentials;
        filter.AllPotentials(present, &potentials);
        return !potentials.empty();
    }
};

/// Of the sets of atoms of which every match holds one, the rarest found; each atom cut to the run that can be searched for.
Result<std::vector<std::string>> rarest_set(const std::string& expression, bool case_sensitive,
                                            std::string_view (*run_of)(std::string_view), std::size_t shortest) {
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_case_sensitive(case_sensitive);
    options.set_log_errors(false);
    Requirement requirement;
    int id = 0;
    if (requirement.filter.Add(expression, options, &id) != re2::RE2::NoError) return Error{"it does not compile"};
    requirement.filter.Compile(&requirement.atoms);
    std::vector<bool> left_out(requirement.atoms.size(), true);
    if (requirement.atoms.empty() || requirement.possible_without(left_out)) {
        return Error{"no literal is in every match of it: give it some fixed words, or name them under `literals`"};
    }
    // From the most common on, keep an atom out of the set when the others still are in every match.
    std::vector<std::size_t> order(requirement.atoms.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return run_of(requirement.atoms[a]).size() < run_of(requirement.atoms[b]).size();
    });
    for (const auto index : order) {
        left_out[index] = false;
        if (requirement.possible_without(left_out)) left_out[index] = true;
    }
    std::vector<std::string> literals;
    for (std::size_t index = 0; index < requirement.atoms.size(); ++index) {
        if (!left_out[index]) continue;
        const auto run = run_of(requirement.atoms[index]);
        if (run.size() < shortest) {
            return Error{"its best literal '" + requirement.atoms[index] +
                         "' is too short once cut to what JSON does not escape: "
                         "give it some fixed words, or name them under `literals`"};
        }
        literals.emplace_back(run);
    }
    return literals;
}

}  // namespace

std::size_t rarity(std::string_view text) {
    const auto plain = plain_run(text).size();
    // A letter outside of ASCII takes two or three bytes; in logs, which are mostly English, it says as much as it takes.
    return std::max(plain, foreign_run(text).size());
}

std::vector<std::string> literals_of_text(std::string_view text) {
    const auto plain = plain_run(text);
    const auto foreign = foreign_run(text);
    if (plain.size() >= foreign.size() && plain.size() >= kShortest) {
        // A quotation mark in front makes it rarer, and stays in front of it when it is escaped as `\"`; some write `\u0022`.
        if (plain.data() != text.data() && plain.data()[-1] == '"')
            return {'"' + std::string(plain), "0022" + std::string(plain)};
        return {std::string(plain)};
    }
    if (foreign.size() >= kShortest) return {std::string(foreign), escaped(foreign)};
    return {};
}

std::vector<std::string> literals_of_value(std::string_view value) {
    std::vector<std::string> literals;
    const auto run = std::string(plain_run(value));
    if (run.size() != value.size() || run.size() < 3) return literals_of_text(value);
    for (const char* before : {":\"", ": \"", ":\\\"", ": \\\""}) literals.push_back(before + run);
    return literals;
}

Result<std::vector<std::string>> required_literals(const std::string& expression, bool case_sensitive) {
    return rarest_set(expression, case_sensitive, plain_run, kShortest);
}

std::vector<std::string> needed_texts(const std::string& expression) {
    auto texts = rarest_set(expression, true, printable_run, 3);
    return texts.ok() ? std::move(texts).value() : std::vector<std::string>{};
}

}  // namespace culprit
