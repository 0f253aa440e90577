#include "matchers/text_search.h"

#include <algorithm>

namespace culprit {

MatchMemo::Answers* MatchMemo::answers_for(std::string_view text) {
    shape_.assign(text);
    for (char& byte : shape_) byte = byte >= '0' && byte <= '9' ? '0' : byte;
    if (const auto known = shapes_.find(shape_); known != shapes_.end()) return &known->second;
    if (shapes_.size() >= kShapes) shapes_.clear();
    return &shapes_[shape_];
}

std::optional<PatternMatch> TextSearch::find(const Expression& expression, std::size_t from) const {
    if (answers_ == nullptr || !expression.digit_blind()) return find_match(expression, text_, from);
    const auto known = std::find_if(answers_->begin(), answers_->end(), [&](const MatchMemo::Answer& answer) {
        return answer.expression == &expression && answer.from == from;
    });
    if (known != answers_->end())
        return known->spans ? std::optional(read_spans(expression, *known->spans, text_)) : std::nullopt;
    auto spans = find_spans(expression, text_, from);
    auto match = spans ? std::optional(read_spans(expression, *spans, text_)) : std::nullopt;
    if (answers_->size() < MatchMemo::kPlaces) answers_->push_back({&expression, from, std::move(spans)});
    return match;
}

}  // namespace culprit
