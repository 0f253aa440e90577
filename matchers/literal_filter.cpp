#include "matchers/literal_filter.h"

#include <hs/hs.h>

#include <algorithm>
#include <new>
#include <utility>

namespace culprit {
namespace {

int stop_at_first_match(unsigned, unsigned long long, unsigned long long, unsigned, void* found) {
    *static_cast<bool*>(found) = true;
    return 1;
}

int collect(unsigned id, unsigned long long, unsigned long long, unsigned, void* found) {
    static_cast<std::vector<unsigned>*>(found)->push_back(id);
    return 0;
}

}  // namespace

LiteralFilter::Scratch::~Scratch() { hs_free_scratch(static_cast<hs_scratch_t*>(scratch_)); }
LiteralFilter::Scratch::Scratch(Scratch&& other) noexcept : scratch_(std::exchange(other.scratch_, nullptr)) {}
LiteralFilter::Scratch& LiteralFilter::Scratch::operator=(Scratch&& other) noexcept {
    std::swap(scratch_, other.scratch_);
    return *this;
}

Result<std::unique_ptr<LiteralFilter>> LiteralFilter::compile(const std::vector<std::string>& literals) {
    if (literals.empty()) return Error{"the literal filter needs at least one literal: the catalogue has no patterns"};
    std::vector<const char*> expressions;
    std::vector<unsigned> flags;
    std::vector<unsigned> ids;
    std::vector<std::size_t> lengths;
    for (const auto& literal : literals) {
        for (const unsigned char byte : literal) {
            if (byte < 0x20 || byte == 0x7f) return Error{"the literal '" + literal + "' holds a control character"};
        }
        if (literal.size() < 3) return Error{"the literal '" + literal + "' has fewer than three bytes"};
        ids.push_back(static_cast<unsigned>(expressions.size()));
        expressions.push_back(literal.c_str());
        lengths.push_back(literal.size());
        flags.push_back(HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH);
    }
    std::unique_ptr<LiteralFilter> filter(new LiteralFilter);
    filter->literals_ = literals;
    hs_database_t* database = nullptr;
    hs_compile_error_t* problem = nullptr;
    if (hs_compile_lit_multi(expressions.data(), flags.data(), ids.data(), lengths.data(),
                             static_cast<unsigned>(expressions.size()), HS_MODE_BLOCK, nullptr, &database,
                             &problem) != HS_SUCCESS) {
        Error error{std::string("the literal filter does not compile: ") +
                    (problem != nullptr ? problem->message : "unknown reason")};
        hs_free_compile_error(problem);
        return error;
    }
    filter->database_ = database;
    return filter;
}

LiteralFilter::~LiteralFilter() { hs_free_database(static_cast<hs_database_t*>(database_)); }

LiteralFilter::Scratch LiteralFilter::make_scratch() const {
    hs_scratch_t* scratch = nullptr;
    if (hs_alloc_scratch(static_cast<hs_database_t*>(database_), &scratch) != HS_SUCCESS) throw std::bad_alloc();
    return Scratch(scratch);
}

bool LiteralFilter::passes(std::string_view bytes, Scratch& scratch) const {
    bool found = false;
    // hs counts in unsigned; longer records than that do not come, and were one to come it must not be lost.
    if (bytes.size() > 0xffffffffu) return true;
    const auto outcome = hs_scan(static_cast<hs_database_t*>(database_), bytes.data(), static_cast<unsigned>(bytes.size()), 0,
                                 static_cast<hs_scratch_t*>(scratch.scratch_), stop_at_first_match, &found);
    // Saying yes too often costs time, saying no too often loses an error: whatever goes wrong, the record passes.
    return found || (outcome != HS_SUCCESS && outcome != HS_SCAN_TERMINATED);
}

void LiteralFilter::matches(std::string_view bytes, Scratch& scratch, std::vector<unsigned>& found) const {
    const auto size = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 0xffffffffu));
    hs_scan(static_cast<hs_database_t*>(database_), bytes.data(), size, 0, static_cast<hs_scratch_t*>(scratch.scratch_), collect,
            &found);
}

}  // namespace culprit
