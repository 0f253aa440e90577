#pragma once
// The symptom that a text tells of, remembered for texts that differ in no more than some digits: in a storm the next error costs
// a look-up instead of a recognition.
//
// A symptom is a function of the places at which digit-blind expressions match, of the bytes that were read there, and of the
// record's other fields. The places are the same in all texts of one shape (text_search.h). So what is looked up is: the shape,
// the fields, and the bytes at the places, without the values of the violated key. Those are read from each text anew, hashed and
// redacted as ever; when, where and about whom it was told comes from each record.
//
// Only what is certain is remembered: one symptom, of an application, by expressions that are all digit-blind, of patterns that
// ask for no field and no earlier line, and whose key's values nothing else reads.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "matchers/pattern.h"
#include "matchers/record.h"
#include "matchers/redactor.h"
#include "matchers/signal.h"

namespace culprit {

/// What recognition read of a text.
struct Reading {
    std::vector<Span> read;
    std::vector<Span> details;   // captures of that name
    bool digits_matter = false;  // an expression was run that tells digits apart

    void take_groups(const Expression& expression, const PatternSpans& spans);
};

/// Owned by one thread. Bounded: when full it starts anew.
class SymptomMemo {
   public:
    static constexpr std::size_t kBytes = 8 << 20;  // about

    std::size_t bytes() const { return bytes_; }

    /// What was remembered for this text, with this record's time, place, user and key. `candidates` as CandidateIndex says them;
    /// `plain`: none of their patterns asks for more than the text.
    std::optional<Signal> recall(const Record& record, std::string_view text, const std::vector<std::size_t>& candidates,
                                 bool plain, const Redactor& redactor);
    /// After a recall that found nothing: of the same text, what it turned out to tell, and how that was read.
    void remember(std::string_view text, const std::vector<Signal>& signals, const Reading& reading, const Redactor& redactor);

   private:
    /// How texts of one shape, with the same fields, are read.
    struct Form {
        bool certain = false;
        std::vector<Span> read;      // sorted, apart from each other, without `values`
        std::optional<Span> values;  // of the key
    };
    struct Symptom {
        Signal signal;  // without time, place, user and key
        KeyDetail key;  // without values
    };
    Form form_of(std::string_view text, const std::vector<Signal>& signals, const Reading& reading) const;
    void write_bytes(const Form& form, std::string_view text);

    std::unordered_map<std::string, Form> forms_;        // by shape, candidates and fields
    std::unordered_map<std::string, Symptom> symptoms_;  // by those and the bytes read
    std::string sought_;                                 // of the last recall; empty: it is not to be remembered
    bool detail_given_ = false;                          // by a field of the last recall's record
    std::size_t bytes_ = 0;
};

}  // namespace culprit
