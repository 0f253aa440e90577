#include "daemon/sinks/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

namespace culprit {

std::string gzip(std::string_view bytes) {
    if (bytes.size() > std::numeric_limits<uInt>::max())
        throw std::length_error("a body of more than 4 GiB is not compressed at once");
    z_stream stream{};
    constexpr int kWindowBits = 15 + 16;  // the largest window; 16 asks for gzip's frame instead of zlib's
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    std::string compressed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib's interface predates const; it only reads
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
    stream.avail_out = static_cast<uInt>(compressed.size());
    const int outcome = deflate(&stream, Z_FINISH);
    compressed.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END) throw std::runtime_error("zlib did not finish a body whose bound it had given");
    return compressed;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
    std::string plain;
    int outcome = Z_OK;
    while (plain.size() <= limit) {
        const std::size_t filled = plain.size();
        plain.resize(std::min(limit + 1, std::max<std::size_t>(filled * 2, 64 << 10)));
        stream.next_out = reinterpret_cast<Bytef*>(plain.data() + filled);
        stream.avail_out = static_cast<uInt>(plain.size() - filled);
        outcome = inflate(&stream, Z_NO_FLUSH);
        plain.resize(plain.size() - stream.avail_out);
        if (outcome == Z_STREAM_END && stream.avail_in > 0) outcome = inflateReset(&stream);  // another member follows
        if (outcome != Z_OK) break;
    }
    inflateEnd(&stream);
    if (outcome != Z_STREAM_END && plain.size() <= limit) return Error{"the gzip data is damaged or not whole"};
    return plain;
}

}  // namespace culprit
