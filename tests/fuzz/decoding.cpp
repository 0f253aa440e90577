// The decoders on any bytes: no crash, no endless loop, and what they return is valid UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "matchers/decoding/json_record.h"
#include "matchers/decoding/line_shape.h"
#include "matchers/decoding/plain_text.h"
#include "matchers/decoding/timestamp.h"
#include "matchers/decoding/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace culprit;
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    static LineShaper shaper{std::nullopt};
    static JsonDecoder json;
    const EventTime near = from_micros(1'795'177'505'306'000);
    (void)parse_timestamp(bytes, near);
    const ShapedLine line = shaper.shape(bytes, near);
    if (!is_valid_utf8(line.peeled.payload)) std::abort();
    if (const auto decoded = json.decode(line.peeled.payload, near); decoded && !is_valid_utf8(decoded->record.message))
        std::abort();
    (void)decode_csvlog(line.peeled.payload, near);
    (void)decode_plain_text({line.peeled.payload}, near);
    (void)shaper.server().decode({line.peeled.payload}, near);
    const std::string_view first = bytes.substr(0, bytes.find('\n'));
    if (const auto prefix = LogLinePrefix::compile(first); prefix.ok())
        (void)prefix.value().match(bytes.substr(std::min(first.size() + 1, bytes.size())));
    return 0;
}
