#pragma once
// Which patterns of the catalogue may match a record? Asked once of a record that passed the filter, so that of a thousand
// expressions only those are run of which the record holds a text that every match needs.
// It may name too many, never too few: a differential test holds it against trying all.
// Immutable after construction; any number of threads may use one, each with a Scratch of its own.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "matchers/literal_filter.h"
#include "matchers/record.h"
#include "matchers/result.h"

namespace culprit {

class Catalogue;

/// Indices into catalogue.patterns(), ascending: those of which a literal was found in the record's text.
using Candidates = std::vector<std::size_t>;

class CandidateIndex {
   public:
    /// Buffers that are used again for the next record.
    class Scratch {
       public:
        const std::string& text() const { return text_; }
        const Candidates& candidates() const { return candidates_; }

       private:
        friend class CandidateIndex;
        Scratch(LiteralFilter::Scratch main, LiteralFilter::Scratch additions)
            : main_(std::move(main)), additions_(std::move(additions)) {}
        LiteralFilter::Scratch main_, additions_;
        std::vector<unsigned> found_;
        std::string text_;
        Candidates candidates_;
    };

    /// `catalogue` and `filter`, which was compiled from its literals, must outlive the index.
    static Result<std::unique_ptr<const CandidateIndex>> build(const Catalogue& catalogue, const LiteralFilter& filter);

    Scratch make_scratch() const;
    /// Leaves the record's searched text (an application's; the server's is its message) and its candidates in `scratch`.
    void find(const Record& record, Scratch& scratch) const;

    /// The filter for patterns that only add; null where there are none.
    const LiteralFilter* additions() const { return additions_.get(); }

   private:
    CandidateIndex(const Catalogue& catalogue, const LiteralFilter& filter) : catalogue_(catalogue), filter_(filter) {}

    const Catalogue& catalogue_;
    const LiteralFilter& filter_;
    /// Of patterns that only add to what others found, and of look-alikes: the filter need not let a record pass for them.
    std::unique_ptr<const LiteralFilter> additions_;
    std::vector<std::vector<std::size_t>> patterns_of_addition_;  // by literal
    Candidates always_;                                           // no text is in every match of theirs
    /// Patterns without an expression, by the field that their first condition asks for: their literals stand around the field's
    /// value in the JSON and are gone once it is decoded.
    std::vector<std::pair<std::string, Candidates>> by_field_;
};

}  // namespace culprit
