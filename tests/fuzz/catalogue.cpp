// Differential: a text of which the full path makes a signal passes the literal filter, plain and as a JSON string.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "matchers/literal_filter.h"
#include "matchers/recognition.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace culprit;
    static const auto loaded = Recognition::load({}, {RedactedValues::hash, "fuzz"});
    if (!loaded.ok()) std::abort();
    const auto& recognition = *loaded.value();
    static auto scratch = recognition.filter().make_scratch();
    Record record;
    record.message.assign(reinterpret_cast<const char*>(data), size);
    if (recognition.recognise(record).empty()) return 0;
    if (!recognition.filter().passes(record.message, scratch)) std::abort();
    for (const bool ascii_only : {false, true}) {
        const auto json =
            nlohmann::json{{"msg", record.message}}.dump(-1, ' ', ascii_only, nlohmann::json::error_handler_t::ignore);
        if (nlohmann::json::parse(json)["msg"] == record.message && !recognition.filter().passes(json, scratch)) std::abort();
    }
    return 0;
}
