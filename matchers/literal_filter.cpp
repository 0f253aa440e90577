#include "matchers/literal_filter.h"

#include <hs/hs.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include "matchers/prepared.h"

namespace culprit {
namespace {

constexpr std::string_view kDigit = "[0-9]";

/// How often a literal ends in kDigit.
std::size_t digits_behind(std::string_view literal) {
    std::size_t count = 0;
    for (; literal.ends_with(kDigit); literal.remove_suffix(kDigit.size())) ++count;
    return count;
}

struct Search {
    std::string_view bytes;
    const std::vector<unsigned char>& digits_behind;
    std::vector<unsigned>* literals = nullptr;     // where they are wanted
    std::vector<std::uint32_t>* places = nullptr;  // and these
    bool found = false;

    bool stands(unsigned literal, std::size_t end) const {
        const std::size_t digits = digits_behind[literal];
        if (digits > bytes.size() - end) return false;
        return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(end),
                           bytes.begin() + static_cast<std::ptrdiff_t>(end + digits),
                           [](char c) { return c >= '0' && c <= '9'; });
    }
};

int stop_at_first_match(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
    auto& search = *static_cast<Search*>(context);
    search.found = search.stands(id, to);
    return search.found ? 1 : 0;
}

int collect(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
    auto& search = *static_cast<Search*>(context);
    if (search.stands(id, to)) search.literals->push_back(id);
    return 0;
}

/// What hs_compile_lit_multi is given; points into the literals.
struct Expressions {
    std::vector<const char*> texts;
    std::vector<unsigned> flags, ids;
    std::vector<std::size_t> lengths;
};

Result<Expressions> expressions_of(const std::vector<std::string>& literals) {
    if (literals.empty()) return Error{"the literal filter needs at least one literal: the catalogue has no patterns"};
    Expressions expressions;
    for (const auto& literal : literals) {
        for (const unsigned char byte : literal) {
            if (byte < 0x20 || byte == 0x7f) return Error{"the literal '" + literal + "' holds a control character"};
        }
        const std::size_t digits = digits_behind(literal), size = literal.size() - digits * kDigit.size();
        if (size < 3) return Error{"the literal '" + literal + "' has fewer than three bytes"};
        expressions.ids.push_back(static_cast<unsigned>(expressions.ids.size()));
        expressions.texts.push_back(literal.c_str());
        expressions.lengths.push_back(size);
        // Every place, not the first alone: that one may lack its digits.
        expressions.flags.push_back(HS_FLAG_CASELESS);
    }
    return expressions;
}

/// For this machine where `platform` is null.
Result<hs_database_t*> compiled(const Expressions& expressions, const hs_platform_info_t* platform) {
    hs_database_t* database = nullptr;
    hs_compile_error_t* problem = nullptr;
    if (hs_compile_lit_multi(expressions.texts.data(), expressions.flags.data(), expressions.ids.data(),
                             expressions.lengths.data(), static_cast<unsigned>(expressions.texts.size()), HS_MODE_BLOCK, platform,
                             &database, &problem) == HS_SUCCESS)
        return database;
    Error error{std::string("the literal filter does not compile: ") +
                (problem != nullptr ? problem->message : "unknown reason")};
    hs_free_compile_error(problem);
    return error;
}

/// Of the build's, if it knew these literals and this kind of processor: Vectorscan refuses those of another, and of another
/// version of itself.
hs_database_t* prepared(const std::vector<std::string>& literals) {
    const auto digest = digest_of(literals);
    for (const auto& filter : prepared_filters()) {
        hs_database_t* database = nullptr;
        if (filter.literals == digest &&
            hs_deserialize_database(filter.database.data(), filter.database.size(), &database) == HS_SUCCESS)
            return database;
    }
    return nullptr;
}

int collect_place(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
    auto& search = *static_cast<Search*>(context);
    if (search.stands(id, to)) search.places->push_back(static_cast<std::uint32_t>(to));
    return 0;
}

}  // namespace

LiteralFilter::Scratch::~Scratch() { hs_free_scratch(static_cast<hs_scratch_t*>(scratch_)); }
LiteralFilter::Scratch::Scratch(Scratch&& other) noexcept : scratch_(std::exchange(other.scratch_, nullptr)) {}
LiteralFilter::Scratch& LiteralFilter::Scratch::operator=(Scratch&& other) noexcept {
    std::swap(scratch_, other.scratch_);
    return *this;
}

std::uint64_t digest_of(const std::vector<std::string>& literals) {
    std::string all;
    for (const auto& literal : literals) all.append(literal).push_back('\n');
    return XXH3_64bits(all.data(), all.size());
}

Result<std::unique_ptr<LiteralFilter>> LiteralFilter::compile(const std::vector<std::string>& literals) {
    auto expressions = expressions_of(literals);
    if (!expressions.ok()) return expressions.error();
    std::unique_ptr<LiteralFilter> filter(new LiteralFilter);
    filter->literals_ = literals;
    for (const auto& literal : literals) filter->digits_behind_.push_back(static_cast<unsigned char>(digits_behind(literal)));
    filter->database_ = prepared(literals);
    filter->prepared_ = filter->database_ != nullptr;
    if (filter->prepared_) return filter;
    const auto database = compiled(expressions.value(), nullptr);
    if (!database.ok()) return database.error();
    filter->database_ = database.value();
    return filter;
}

std::vector<std::string> LiteralFilter::serialised(const std::vector<std::string>& literals) {
    std::vector<std::string> all;
    const auto expressions = expressions_of(literals);
    if (!expressions.ok()) return all;
    constexpr unsigned long long kAvx2 = HS_CPU_FEATURES_AVX2, kAvx512 = kAvx2 | HS_CPU_FEATURES_AVX512;
    for (const unsigned long long features : {0ULL, kAvx2, kAvx512, kAvx512 | HS_CPU_FEATURES_AVX512VBMI}) {
        const hs_platform_info_t platform{HS_TUNE_FAMILY_GENERIC, features, 0, 0};
        const auto database = compiled(expressions.value(), &platform);
        if (!database.ok()) continue;  // not a platform of this library's
        char* bytes = nullptr;
        std::size_t size = 0;
        if (hs_serialize_database(database.value(), &bytes, &size) == HS_SUCCESS) {
            all.emplace_back(bytes, size);
            std::free(bytes);
        }
        hs_free_database(database.value());
    }
    return all;
}

LiteralFilter::~LiteralFilter() { hs_free_database(static_cast<hs_database_t*>(database_)); }

LiteralFilter::Scratch LiteralFilter::make_scratch() const {
    hs_scratch_t* scratch = nullptr;
    if (hs_alloc_scratch(static_cast<hs_database_t*>(database_), &scratch) != HS_SUCCESS) throw std::bad_alloc();
    return Scratch(scratch);
}

bool LiteralFilter::passes(std::string_view bytes, Scratch& scratch) const {
    Search search{bytes, digits_behind_};
    // hs counts in unsigned; longer records than that do not come, and were one to come it must not be lost.
    if (bytes.size() > 0xffffffffu) return true;
    const auto outcome = hs_scan(static_cast<hs_database_t*>(database_), bytes.data(), static_cast<unsigned>(bytes.size()), 0,
                                 static_cast<hs_scratch_t*>(scratch.scratch_), stop_at_first_match, &search);
    // Saying yes too often costs time, saying no too often loses an error: whatever goes wrong, the record passes.
    return search.found || (outcome != HS_SUCCESS && outcome != HS_SCAN_TERMINATED);
}

void LiteralFilter::matches(std::string_view bytes, Scratch& scratch, std::vector<unsigned>& found) const {
    bytes = bytes.substr(0, 0xffffffffu);
    const auto before = static_cast<std::ptrdiff_t>(found.size());
    Search search{bytes, digits_behind_, &found};
    hs_scan(static_cast<hs_database_t*>(database_), bytes.data(), static_cast<unsigned>(bytes.size()), 0,
            static_cast<hs_scratch_t*>(scratch.scratch_), collect, &search);
    std::sort(found.begin() + before, found.end());
    found.erase(std::unique(found.begin() + before, found.end()), found.end());
}

bool LiteralFilter::places(std::string_view bytes, Scratch& scratch, std::vector<std::uint32_t>& ends) const {
    if (bytes.size() > 0xffffffffu) return false;
    const auto before = static_cast<std::ptrdiff_t>(ends.size());
    Search search{bytes, digits_behind_, nullptr, &ends};
    const auto outcome = hs_scan(static_cast<hs_database_t*>(database_), bytes.data(), static_cast<unsigned>(bytes.size()), 0,
                                 static_cast<hs_scratch_t*>(scratch.scratch_), collect_place, &search);
    if (!std::is_sorted(ends.begin() + before, ends.end())) std::sort(ends.begin() + before, ends.end());
    return outcome == HS_SUCCESS;
}

}  // namespace culprit
