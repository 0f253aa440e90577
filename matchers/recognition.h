#pragma once
// All that is known about logs, compiled once and shared by every matcher: the catalogue, its literal filter, the redactor.
// Immutable after construction, so any number of threads may use one.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "matchers/record.h"
#include "matchers/redactor.h"
#include "matchers/result.h"
#include "matchers/signal.h"

namespace culprit {

class Catalogue;
class LiteralFilter;

class Recognition {
   public:
    /// The embedded catalogue, extended (and, by `id`, overridden) by the *.yaml files of `directories`.
    /// Errors name file, line and what was expected.
    static Result<std::unique_ptr<const Recognition>> load(const std::vector<std::filesystem::path>& directories,
                                                           RedactionPolicy redaction);
    ~Recognition();

    const Catalogue& catalogue() const { return *catalogue_; }
    const LiteralFilter& filter() const { return *filter_; }
    const Redactor& redactor() const { return *redactor_; }

    /// The signals of one decoded entry, redacted; most entries give none, a multi-statement DDL line gives several.
    /// A server entry is classified by SQLSTATE where it has one; otherwise, and on the application's side, by the catalogue.
    std::vector<Signal> recognise(const Record& record) const;

   private:
    Recognition();
    std::unique_ptr<const Catalogue> catalogue_;
    std::unique_ptr<const LiteralFilter> filter_;
    std::unique_ptr<const Redactor> redactor_;
};

}  // namespace culprit
