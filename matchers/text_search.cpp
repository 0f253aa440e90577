#include "matchers/text_search.h"

#include <algorithm>

namespace culprit {
namespace {

/// syslog writes a line break as `#012`. Where a text has no digit behind a `#`, no way through an expression leads through an
/// alternative that is `#` and digits: is all the rest of it digit-blind?
bool is_blind_unless_escaped(std::string text) {
    for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at + 1)) {
        const auto end = text.find_first_not_of("0123456789", at + 1);
        if (at == 0 || end == std::string::npos || end == at + 1) continue;
        const bool alternative = (text[at - 1] == '|' || text[at - 1] == '(') && (text[end] == '|' || text[end] == ')');
        const auto opens = text.rfind('[', at), closes = text.rfind(']', at);
        const bool within_class = opens != std::string::npos && (closes == std::string::npos || closes < opens);
        if (alternative && !within_class) text.replace(at + 1, end - at - 1, "x");
    }
    return Expression(std::move(text)).digit_blind();
}

}  // namespace

MatchMemo::Answers* MatchMemo::answers_for(std::string_view text) {
    shape_.assign(text);
    for (char& byte : shape_) byte = byte >= '0' && byte <= '9' ? '0' : byte;
    if (const auto known = shapes_.find(shape_); known != shapes_.end()) return &known->second;
    if (shapes_.size() >= kShapes) shapes_.clear();
    return &shapes_[shape_];
}

bool MatchMemo::blind(const Expression& expression) {
    if (expression.digit_blind()) return true;
    const auto [known, is_new] = blind_unless_escaped_.try_emplace(&expression, false);
    if (is_new) known->second = is_blind_unless_escaped(expression.text());
    return known->second && shape_.find("#0") == std::string::npos;
}

std::optional<PatternSpans> TextSearch::places(const Expression& expression, std::size_t from) const {
    const bool blind = expression.digit_blind() || (answers_ != nullptr && memo_->blind(expression));
    if (reading_ != nullptr && !blind) reading_->digits_matter = true;
    if (answers_ == nullptr || !blind) return find_spans(expression, text_, from);
    const auto known = std::find_if(answers_->begin(), answers_->end(), [&](const MatchMemo::Answer& answer) {
        return answer.expression == &expression && answer.from == from;
    });
    if (known != answers_->end()) return known->spans;
    auto spans = find_spans(expression, text_, from);
    if (answers_->size() < MatchMemo::kPlaces) answers_->push_back({&expression, from, spans});
    return spans;
}

std::optional<PatternMatch> TextSearch::find(const Expression& expression, std::size_t from) const {
    const auto spans = places(expression, from);
    if (!spans) return std::nullopt;
    if (reading_ != nullptr) {
        reading_->read.push_back(spans->front());
        reading_->take_groups(expression, *spans);
    }
    return read_spans(expression, *spans, text_);
}

std::optional<PatternMatch> TextSearch::find_captures(const Expression& expression) const {
    const auto spans = places(expression, 0);
    if (!spans) return std::nullopt;
    if (reading_ != nullptr) reading_->take_groups(expression, *spans);
    return read_spans(expression, *spans, text_);
}

bool TextSearch::holds(const Expression& expression) const { return places(expression, 0).has_value(); }

}  // namespace culprit
