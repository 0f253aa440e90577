#include "matchers/server_texts.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "matchers/decoding/postgresql_labels.h"
#include "matchers/error_context.h"
#include "matchers/lossy_text.h"
#include "matchers/message_arguments.h"
#include "matchers/message_template.h"
#include "matchers/sql_names.h"

namespace culprit {
namespace {

/// Shorter ends are of too many texts to find one by.
constexpr std::size_t kShortestEnd = 4;

/// What the words in front of a quoted argument say that it names.
struct Naming {
    std::string_view word, name;
};
constexpr std::array kNamings = std::to_array<Naming>({{"relation", "table"},
                                                       {"table", "table"},
                                                       {"view", "table"},
                                                       {"column", "column"},
                                                       {"constraint", "constraint"},
                                                       {"sequence", "sequence"},
                                                       {"schema", "schema"},
                                                       {"index", "index"},
                                                       {"type", "type"},
                                                       {"function", "function"},
                                                       {"database", "database"},
                                                       {"role", "role"},
                                                       {"trigger", "trigger"},
                                                       {"rule", "rule"},
                                                       {"policy", "policy"},
                                                       {"extension", "extension"},
                                                       {"language", "language"},
                                                       {"tablespace", "tablespace"},
                                                       {"publication", "publication"},
                                                       {"subscription", "subscription"}});

std::string_view named_by(std::string_view before) {
    if (!before.ends_with(" \"")) return {};
    before.remove_suffix(2);
    const auto word = before.substr(before.rfind(' ') + 1);
    for (const auto& naming : kNamings) {
        if (naming.word == word) return naming.name;
    }
    return {};
}

bool is_value(std::string_view name) { return name.empty() || name == "value"; }

/// Without the names of its arguments: what the same text of another catalogue looks like.
std::string without_names(std::string_view text) {
    const auto pieces = pieces_of(text);
    std::string result(pieces.fixed.front());
    for (std::size_t i = 1; i < pieces.fixed.size(); ++i) result.append("{}").append(pieces.fixed[i]);
    return result;
}

std::string_view ending_of(std::string_view text) {
    const auto close = text.rfind('}');
    return close == std::string_view::npos ? text : text.substr(close + 1);
}

bool less_from_the_end(std::string_view left, std::string_view right) {
    return std::lexicographical_compare(left.rbegin(), left.rend(), right.rbegin(), right.rend(), [](char a, char b) {
        return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
    });
}

/// The names that the record's other texts hold.
std::set<std::string, std::less<>> known_names(const Record& record) {
    auto names = names_in_sql(record.statement);
    names.merge(names_in_sql(read_context(record.context).inner_statement));
    return names;
}

bool is_mentioned(std::string_view name, const std::string& text) {
    return name.size() > 1 && text.find(name) != std::string::npos;
}

/// By how much the lengths of the names differ: where whole messages are in names, they are in all of them.
std::size_t unevenness(const Arguments& way) {
    std::size_t least = SIZE_MAX, most = 0;
    for (const auto argument : way) {
        least = std::min(least, argument.size());
        most = std::max(most, argument.size());
    }
    return most - least;
}

/// The way of reading the message in which most names are known; of equal ones the most even.
const Arguments& most_plausible(const std::vector<Arguments>& ways, const Record& record) {
    const auto known = known_names(record);
    std::size_t best = 0, best_score = 0;
    for (std::size_t way = 0; way < ways.size(); ++way) {
        std::size_t score = 0;
        for (const auto argument : ways[way]) {
            if (known.contains(argument)) score += 1000 + std::min<std::size_t>(argument.size(), 500);
            if (is_mentioned(argument, record.detail)) score += 500 + std::min<std::size_t>(argument.size(), 400);
        }
        if (way != 0 && (score < best_score || (score == best_score && unevenness(ways[way]) >= unevenness(ways[best]))))
            continue;
        best = way;
        best_score = score;
    }
    return ways[best];
}

}  // namespace

void ServerTexts::add(Meaning meaning, std::string_view text) {
    const auto pieces = pieces_of(text);
    meaning.names.resize(pieces.names.size());
    for (std::size_t i = 0; i < pieces.names.size(); ++i) {
        const auto name = pieces.names[i].empty() ? named_by(pieces.fixed[i]) : pieces.names[i];
        // `relation "{}.{}"`: what the word names is the second, in the schema that is the first.
        if (name.empty() && i > 0 && pieces.names[i - 1].empty() && pieces.fixed[i] == "." && !meaning.names[i - 1].empty()) {
            meaning.names[i] = std::exchange(meaning.names[i - 1], "schema");
            continue;
        }
        if (std::find(meaning.names.begin(), meaning.names.end(), name) == meaning.names.end()) meaning.names[i] = name;
    }
    const auto number = static_cast<std::uint32_t>(meanings_.size());
    meanings_.push_back(std::move(meaning));
    meanings_of_[without_names(text)].push_back(number);
    english_.push_back(owned_.emplace_back(without_names(text)));
    add_text(english_.back(), {}, number);
}

void ServerTexts::add_text(std::string_view text, std::string_view language, std::uint32_t meaning) {
    std::size_t fixed = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto open = std::min(text.find('{', at), text.size());
        fixed += open - at;
        const auto close = text.find('}', open);
        at = close == std::string_view::npos ? text.size() : close + 1;
    }
    texts_.push_back({text, language, meaning, static_cast<std::uint32_t>(fixed)});
}

void ServerTexts::add_translation(std::string_view english, std::string_view language, std::string text) {
    const auto found = meanings_of_.find(without_names(english));
    if (found == meanings_of_.end()) return;
    // By hand the arguments are named: they say which one of the English text they are.
    const auto& names = meanings_[found->second.front()].names;
    const auto pieces = pieces_of(text);
    std::string numbered(pieces.fixed.front());
    for (std::size_t i = 0; i < pieces.names.size(); ++i) {
        const auto place = std::find(names.begin(), names.end(), pieces.names[i]);
        const auto number = place == names.end() ? i : static_cast<std::size_t>(place - names.begin());
        numbered.append("{").append(std::to_string(number + 1)).append("}").append(pieces.fixed[i + 1]);
    }
    const auto& kept = owned_.emplace_back(std::move(numbered));
    const auto& kept_language = owned_.emplace_back(language);
    for (const auto meaning : found->second) add_text(kept, kept_language, meaning);
}

void ServerTexts::add_translations(std::string_view file) {
    const std::vector<std::uint32_t>* meanings = nullptr;
    while (!file.empty()) {
        const auto line = file.substr(0, file.find('\n'));
        file.remove_prefix(std::min(line.size() + 1, file.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto tab = line.find('\t');
        if (tab == std::string_view::npos) {
            const auto found = meanings_of_.find(line);
            meanings = found == meanings_of_.end() ? nullptr : &found->second;
            continue;
        }
        if (meanings == nullptr) continue;
        auto text = line.substr(tab + 1);
        if (text.find('\\') != std::string_view::npos) {
            auto& plain = owned_.emplace_back();
            for (std::size_t at = 0; at < text.size(); ++at) {
                const bool escape = text[at] == '\\' && at + 1 < text.size();
                if (escape) ++at;
                plain += escape && text[at] == 'n' ? '\n' : escape && text[at] == 't' ? '\t' : text[at];
            }
            text = plain;
        }
        for (const auto meaning : *meanings) add_text(text, line.substr(0, tab), meaning);
    }
}

void ServerTexts::index() {
    for (std::uint32_t number = 0; number < texts_.size(); ++number) {
        const auto text = texts_[number].text;
        const auto beginning = text.substr(0, text.find('{')), ending = ending_of(text);
        if (beginning.size() >= kShortestEnd)
            by_beginning_.push_back({beginning, number});
        else if (ending.size() >= kShortestEnd)
            by_ending_.push_back({ending, number});
        else
            others_.push_back(number);
    }
    std::stable_sort(by_beginning_.begin(), by_beginning_.end(), [](const auto& a, const auto& b) { return a.end < b.end; });
    std::stable_sort(by_ending_.begin(), by_ending_.end(),
                     [](const auto& a, const auto& b) { return less_from_the_end(a.end, b.end); });
}

/// The range of entries that share their first bytes with the message narrows byte by byte; an entry that has no more bytes then
/// is a beginning of the message.
std::vector<std::uint32_t> ServerTexts::candidates(std::string_view message) const {
    std::vector<std::uint32_t> found = others_;
    const auto narrow = [&](const std::vector<ByEnd>& entries, const auto& byte_of) {
        auto first = entries.begin(), last = entries.end();
        for (std::size_t depth = 0; first != last && depth < message.size(); ++depth) {
            const int wanted = byte_of(message, depth);
            const auto byte = [&](const ByEnd& entry) { return entry.end.size() > depth ? byte_of(entry.end, depth) : -1; };
            first = std::partition_point(first, last, [&](const ByEnd& entry) { return byte(entry) < wanted; });
            last = std::partition_point(first, last, [&](const ByEnd& entry) { return byte(entry) <= wanted; });
            for (auto entry = first; entry != last && entry->end.size() == depth + 1; ++entry) found.push_back(entry->text);
        }
    };
    narrow(by_beginning_,
           [](std::string_view text, std::size_t depth) -> int { return static_cast<unsigned char>(text[depth]); });
    narrow(by_ending_, [](std::string_view text, std::size_t depth) -> int {
        return static_cast<unsigned char>(text[text.size() - 1 - depth]);
    });
    return found;
}

bool ServerTexts::may_mean(const Meaning& meaning, const Record& record) const {
    if (!record.sqlstate.empty() && meaning.sqlstate != record.sqlstate) return false;
    if (!meaning.level.empty() && meaning.level != record.level) return false;
    return meaning.detail.empty() || record.detail.find(meaning.detail) != std::string::npos;
}

bool ServerTexts::before(const Text& text, std::size_t fixed, const Text* best, std::size_t best_fixed) const {
    if (best == nullptr) return true;
    const auto rank = [&](const Text& one, std::size_t size) {
        const auto& meaning = meanings_[one.meaning];
        return std::tuple{size, !meaning.level.empty() || !meaning.detail.empty(), meaning.preferred, UINT32_MAX - one.meaning};
    };
    return rank(text, fixed) > rank(*best, best_fixed);
}

ServerTexts::Ways ServerTexts::find_whole(std::string_view message, const Record& record) const {
    Ways found;
    std::vector<Ways> others;
    for (const auto number : candidates(message)) {
        const Text& text = texts_[number];
        if (!may_mean(meanings_[text.meaning], record)) continue;
        auto ways = instances(message, pieces_of(text.text));
        if (ways.empty()) continue;
        Ways one{&text, text.fixed_bytes, std::move(ways)};
        if (before(text, text.fixed_bytes, found.text, found.fixed)) std::swap(found, one);
        if (one.text != nullptr) others.push_back(std::move(one));
    }
    if (others.empty()) return found;
    // A name may hold the words by which one text is longer than another: `column "a" of relation "t" does not exist`.
    const auto known = known_names(record);
    const auto all_known = [&](const Ways& ways) {
        const auto& names = meanings_[ways.text->meaning].names;
        if (std::any_of(names.begin(), names.end(), is_value)) return false;
        return std::any_of(ways.all.begin(), ways.all.end(), [&](const Arguments& way) {
            return std::all_of(way.begin(), way.end(), [&](std::string_view name) { return known.contains(name); });
        });
    };
    if (all_known(found)) return found;
    for (auto& other : others) {
        if (other.all.front().size() < found.all.front().size() && all_known(other)) return std::move(other);
    }
    return found;
}

ServerTexts::Ways ServerTexts::find_lossy(std::string_view message, const Record& record) const {
    constexpr std::size_t kLongest = 4096;
    constexpr std::size_t kLeastMarks = 3, kLeastFixed = 8;
    Ways found;
    if (message.size() > kLongest || (message.find('?') == message.npos && message.find(">>") == message.npos)) return found;
    const auto written = lossy(message);
    for (const auto& text : texts_) {
        if (!begins_lossily(written.form, text.text) || !may_mean(meanings_[text.meaning], record)) continue;
        const auto form = lossy(text.text).form;
        const auto pieces = pieces_of(form);
        std::size_t fixed = 0, marks = 0;
        for (const auto piece : pieces.fixed) {
            fixed += piece.size();
            marks += static_cast<std::size_t>(
                std::count_if(piece.begin(), piece.end(), [](char c) { return c == '?' || c == '>' || c == '<'; }));
        }
        // Many texts look alike without their letters: a common one is meant rather than a rare one.
        if (meanings_[text.meaning].preferred) fixed += kLongest;
        if (marks < kLeastMarks || fixed < kLeastFixed || !before(text, fixed, found.text, found.fixed)) continue;
        auto ways = instances(written.form, pieces);
        if (ways.empty()) continue;
        for (auto& way : ways) {
            for (auto& argument : way) {
                const auto begin = static_cast<std::size_t>(argument.data() - written.form.data());
                const auto from = written.offsets[begin], to = written.offsets[begin + argument.size()];
                argument = message.substr(from, to - from);
            }
        }
        found = {&text, fixed, std::move(ways)};
    }
    return found;
}

std::vector<std::string> ServerTexts::literals_of_translations() const {
    std::vector<std::string> literals;
    for (const Text& text : texts_) {
        if (text.language.empty()) continue;
        if (const auto compiled = compile_template(text.text); compiled.ok())
            literals.insert(literals.end(), compiled.value().literals.begin(), compiled.value().literals.end());
    }
    return literals;
}

std::optional<ServerTexts::Match> ServerTexts::find(const Record& record) const {
    std::string_view message = record.message;
    if (record.format != "jsonlog" && record.format != "csvlog") message = without_position(message);
    auto found = find_whole(message, record);
    if (found.text == nullptr) found = find_lossy(message, record);
    if (found.text == nullptr) return std::nullopt;
    const auto& [best, fixed, ways] = found;
    const auto& meaning = meanings_[best->meaning];
    const bool plain =
        std::none_of(meaning.names.begin(), meaning.names.end(), [](const std::string& name) { return is_value(name); });
    const auto& arguments = ways.size() == 1 ? ways.front() : most_plausible(ways, record);
    const auto pieces = pieces_of(best->text);
    Match match{meaning.sqlstate, meaning.rule, {}, {}, best->fixed_bytes, english_[best->meaning], best->language};
    if (!best->language.empty()) match.rule.append(".").append(best->language);
    // The parts point into the message, whose fixed pieces lie between the arguments.
    std::size_t at = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto number = pieces.arguments[i];
        const std::string_view name =
            number < meaning.names.size() ? std::string_view(meaning.names[number]) : std::string_view{};
        const auto begin = static_cast<std::size_t>(arguments[i].data() - message.data());
        match.parts.push_back({Part::Kind::fixed, message.substr(at, begin - at)});
        at = begin + arguments[i].size();
        // Where a value may hold the text's own words, a part of it could pass for a name.
        const bool sure =
            plain || std::all_of(ways.begin(), ways.end(), [&](const Arguments& way) { return way[i] == arguments[i]; });
        match.parts.push_back({name.empty() || !sure ? Part::Kind::unknown
                               : is_value(name)      ? Part::Kind::value
                                                     : Part::Kind::name,
                               arguments[i]});
        if (!name.empty() && sure) match.captures.try_emplace(std::string(name), arguments[i]);
    }
    match.parts.push_back({Part::Kind::fixed, message.substr(at)});
    return match;
}

}  // namespace culprit
