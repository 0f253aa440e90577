#include "matchers/server_texts.h"

#include <algorithm>

namespace culprit {
namespace {

std::string_view without_position(std::string_view message) {
    constexpr std::string_view kPosition = " at character ";
    const auto at = message.rfind(kPosition);
    if (at == std::string_view::npos) return message;
    const auto digits = message.substr(at + kPosition.size());
    const bool only_digits =
        !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    return only_digits ? message.substr(0, at) : message;
}

/// Is `message` the pieces in this order, with anything between them?
bool is_instance(std::string_view message, const std::vector<std::string>& pieces) {
    if (!message.starts_with(pieces.front())) return false;
    if (pieces.size() == 1) return message.size() == pieces.front().size();
    if (!message.ends_with(pieces.back())) return false;
    if (message.size() < pieces.front().size() + pieces.back().size()) return false;
    message.remove_suffix(pieces.back().size());
    message.remove_prefix(pieces.front().size());
    for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
        const auto at = message.find(pieces[i]);
        if (at == std::string_view::npos) return false;
        message.remove_prefix(at + pieces[i].size());
    }
    return true;
}

}  // namespace

void ServerTexts::add(std::string sqlstate, std::string_view text) {
    Text entry{std::move(sqlstate), {}, 0};
    for (;;) {
        const auto argument = text.find("{}");
        entry.pieces.emplace_back(text.substr(0, argument));
        entry.fixed_bytes += entry.pieces.back().size();
        if (argument == std::string_view::npos) break;
        text.remove_prefix(argument + 2);
    }
    texts_.push_back(std::move(entry));
}

std::optional<ServerTexts::Match> ServerTexts::find(std::string_view message) const {
    message = without_position(message);
    const Text* best = nullptr;
    bool ambiguous = false;
    for (const auto& text : texts_) {
        if (best != nullptr && text.fixed_bytes < best->fixed_bytes) continue;
        if (!is_instance(message, text.pieces)) continue;
        ambiguous = best != nullptr && text.fixed_bytes == best->fixed_bytes && text.sqlstate != best->sqlstate;
        best = &text;
    }
    if (best == nullptr || ambiguous) return std::nullopt;
    std::string shown = best->pieces.front();
    for (std::size_t i = 1; i < best->pieces.size(); ++i) shown += "…" + best->pieces[i];
    return Match{best->sqlstate, best->fixed_bytes, std::move(shown)};
}

}  // namespace culprit
