#include "daemon/sinks/gzip.h"

#include <zlib.h>

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

}  // namespace culprit
