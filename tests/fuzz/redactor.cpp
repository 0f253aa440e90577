// Whatever bytes come: the redactor neither crashes nor lets a text through that it marked as a value.
#include "matchers/redactor.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "matchers/sql_statement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace culprit;
    static const Redactor redactor({RedactedValues::hash, "fuzz"});
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)redactor.message(text);
    (void)redactor.statement(text);
    (void)effects_of(text);
    (void)written_table(text);
    // A value within a key's DETAIL never shows, whatever stands around it.
    const std::string secret = "zqsecretqz";
    const std::string detail =
        "Key (a)=(" + std::string(text.substr(0, size / 2)) + secret + std::string(text.substr(size / 2)) + ") already exists.";
    KeyDetail key;
    const bool is_key = parse_key_detail(detail, key);
    if (redactor.detail(detail, is_key ? &key : nullptr).find(secret) != std::string::npos) std::abort();
    if (redactor.detail("Failing row contains (" + detail + ").").find(secret) != std::string::npos) std::abort();
    const std::string quoted = "INSERT INTO t VALUES ($zz$" + std::string(text) + secret + "$zz$)";
    if (text.find("$zz$") == std::string_view::npos && redactor.statement(quoted).find(secret) != std::string::npos) std::abort();
    return 0;
}
