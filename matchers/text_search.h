#pragma once
// One text that many expressions are run on, and what was found in texts of the same shape before.
//
// The shape of a text is the text with every digit made the same. An expression that tells no digit from another (`digit_blind`)
// finds the same places in any two texts of one shape, so it need not be run again: in a storm of errors, of which each has
// another id in it, the places are looked up; what stands at them is read from the text itself. Which symptom such texts tell of
// is remembered beside it (symptom_memo.h).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "matchers/pattern.h"
#include "matchers/symptom_memo.h"

namespace culprit {

/// Places that expressions found, by the shape of the text. Owned by one thread. Bounded: when full it starts anew.
class MatchMemo {
   public:
    static constexpr std::size_t kShapes = 4096;
    static constexpr std::size_t kLongestText = 8192;  // what is longer is searched anew each time
    static constexpr std::size_t kPlaces = 64;         // remembered of one shape

    std::size_t shapes() const { return shapes_.size(); }
    SymptomMemo& symptoms() { return symptoms_; }

   private:
    friend class TextSearch;
    struct Answer {
        const Expression* expression = nullptr;
        std::size_t from = 0;
        std::optional<PatternSpans> spans;
    };
    using Answers = std::vector<Answer>;
    /// Valid until the next call.
    Answers* answers_for(std::string_view text);
    /// Does it treat all digits alike in every text of the shape last asked for?
    bool blind(const Expression& expression);

    std::unordered_map<std::string, Answers> shapes_;  // by the shape itself: a hash alone could be met by another
    std::unordered_map<const Expression*, bool> blind_unless_escaped_;  // of those that are not digit-blind throughout
    std::string shape_;
    SymptomMemo symptoms_;
};

class TextSearch {
   public:
    /// `text` must outlive the search; with a memo one search at a time is alive.
    explicit TextSearch(std::string_view text) : text_(text) {}
    TextSearch(std::string_view text, MatchMemo& memo)
        : text_(text), memo_(&memo), answers_(text.size() <= MatchMemo::kLongestText ? memo.answers_for(text) : nullptr) {}

    std::string_view text() const { return text_; }
    /// From here on writes down what is read of the text; nullptr: no more. The reading outlives the search.
    void write_down(Reading* reading) { reading_ = reading; }
    /// The same as find_match(expression, text(), from).
    std::optional<PatternMatch> find(const Expression& expression, std::size_t from = 0) const;
    /// For callers that look at the captures alone.
    std::optional<PatternMatch> find_captures(const Expression& expression) const;
    /// Only whether it matches.
    bool holds(const Expression& expression) const;

   private:
    std::optional<PatternSpans> places(const Expression& expression, std::size_t from) const;

    std::string_view text_;
    MatchMemo* memo_ = nullptr;
    MatchMemo::Answers* answers_ = nullptr;
    Reading* reading_ = nullptr;
};

}  // namespace culprit
