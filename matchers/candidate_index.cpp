#include "matchers/candidate_index.h"

#include <algorithm>
#include <map>

#include "matchers/catalogue.h"
#include "matchers/required_literals.h"
#include "matchers/rules.h"

namespace culprit {

Result<std::unique_ptr<const CandidateIndex>> CandidateIndex::build(const Catalogue& catalogue, const LiteralFilter& filter) {
    std::unique_ptr<CandidateIndex> index(new CandidateIndex(catalogue, filter));
    std::map<std::string, Candidates> by_field, by_addition;
    for (std::size_t at = 0; at < catalogue.patterns().size(); ++at) {
        const Pattern& pattern = catalogue.patterns()[at];
        if (!pattern.match) {
            by_field[pattern.when.front().field].push_back(at);
        } else if (pattern.adds_only || pattern.says_nothing) {
            const auto texts = pattern.literals.empty() ? needed_texts(pattern.match->text()) : pattern.literals;
            if (texts.empty()) index->always_.push_back(at);
            for (const auto& text : texts) by_addition[text].push_back(at);
        }
    }
    index->by_field_.assign(by_field.begin(), by_field.end());
    std::vector<std::string> literals;
    for (auto& [literal, patterns] : by_addition) {
        literals.push_back(literal);
        index->patterns_of_addition_.push_back(std::move(patterns));
    }
    if (!literals.empty()) {
        auto compiled = LiteralFilter::compile(literals);
        if (!compiled.ok()) return compiled.error();
        index->additions_ = std::move(compiled).value();
    }
    return std::unique_ptr<const CandidateIndex>(std::move(index));
}

CandidateIndex::Scratch CandidateIndex::make_scratch() const {
    return {filter_.make_scratch(), additions_ ? additions_->make_scratch() : filter_.make_scratch()};
}

void CandidateIndex::find(const Record& record, Scratch& scratch) const {
    const bool server = record.side == Side::server;
    scratch.text_ = server ? record.message : searched_text(record);
    auto& candidates = scratch.candidates_;
    candidates = always_;
    const auto add = [&](const Candidates& more) { candidates.insert(candidates.end(), more.begin(), more.end()); };
    scratch.found_.clear();
    // What the server says is found by its first words, or by its code.
    if (!server) filter_.matches(scratch.text_, scratch.main_, scratch.found_);
    for (const auto literal : scratch.found_) add(catalogue_.patterns_of_literal(literal));
    if (additions_) {
        scratch.found_.clear();
        additions_->matches(server ? record.context : scratch.text_, scratch.additions_, scratch.found_);
        for (const auto literal : scratch.found_) add(patterns_of_addition_[literal]);
    }
    for (const auto& [field, patterns] : by_field_) {
        if (!values_of(record, field).empty()) add(patterns);
    }
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
}

}  // namespace culprit
