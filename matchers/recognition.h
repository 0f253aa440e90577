#pragma once
// All that is known about logs, compiled once and shared by every matcher: the catalogue, its literal filter, the redactor.
// Immutable after construction, so any number of threads may use one.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "matchers/candidate_index.h"
#include "matchers/literal_filter.h"
#include "matchers/record.h"
#include "matchers/redactor.h"
#include "matchers/result.h"
#include "matchers/signal.h"

namespace culprit {

class Catalogue;
class MatchMemo;

class Recognition {
   public:
    /// The embedded catalogue, extended (and, by `id`, overridden) by the *.yaml files of `directories`.
    /// Errors name file, line and what was expected.
    static Result<std::unique_ptr<const Recognition>> load(const std::vector<std::filesystem::path>& directories,
                                                           RedactionPolicy redaction);
    ~Recognition();

    const Catalogue& catalogue() const { return *catalogue_; }
    const LiteralFilter& filter() const { return *filter_; }
    const CandidateIndex& candidates() const { return *candidates_; }
    const Redactor& redactor() const { return *redactor_; }

    /// Of a record that passed the filter: may one of its patterns ask for the lines before it?
    bool asks_before(std::string_view bytes, LiteralFilter::Scratch& scratch) const;

    /// The signals of one decoded entry, redacted; most entries give none, a multi-statement DDL line gives several.
    /// A server entry is classified by SQLSTATE where it has one; otherwise, and on the application's side, by the catalogue.
    /// `scratch` is of candidates(), and the thread's own; without it one is made for this record alone. A memo, the thread's own
    /// too, makes it quicker and changes nothing.
    std::vector<Signal> recognise(const Record& record, CandidateIndex::Scratch& scratch, MatchMemo* memo = nullptr) const;
    std::vector<Signal> recognise(const Record& record) const;

   private:
    Recognition();
    std::unique_ptr<const Catalogue> catalogue_;
    std::unique_ptr<const LiteralFilter> filter_;
    std::unique_ptr<const CandidateIndex> candidates_;
    std::unique_ptr<const Redactor> redactor_;
};

}  // namespace culprit
