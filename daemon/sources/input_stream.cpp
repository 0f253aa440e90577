#include "daemon/sources/input_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace culprit {

namespace {

constexpr std::size_t kCompressedChunk = 128 * 1024;
enum class Packing { none, gzip, zstd };

}  // namespace

struct InputStream::State {
    std::string path;
    int file = -1;
    Packing packing = Packing::none;
    std::uint64_t consumed = 0;
    std::vector<char> input;         // compressed bytes; of a plain stream, those that were looked at to tell what it is
    std::size_t begin = 0, end = 0;  // of what is left in `input`
    z_stream inflater{};
    bool inflating = false;
    ZSTD_DStream* zstd = nullptr;
    bool inside_frame = false;  // a compressed file that ends here is cut off

    ~State() {
        if (inflating) inflateEnd(&inflater);
        ZSTD_freeDStream(zstd);
        if (file > STDIN_FILENO) ::close(file);
    }
    Error failed(const std::string& why) const { return Error{path + " cannot be read: " + why}; }
    Result<std::size_t> raw(char* to, std::size_t size);
    Result<std::size_t> refill();
    Result<std::size_t> gunzip(char* to, std::size_t size);
    Result<std::size_t> unzstd(char* to, std::size_t size);
    Result<Done> tell_packing();
};

Result<std::size_t> InputStream::State::raw(char* to, std::size_t size) {
    while (true) {
        const ssize_t count = ::read(file, to, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed(std::strerror(errno));
        consumed += static_cast<std::uint64_t>(count);
        return static_cast<std::size_t>(count);
    }
}

Result<std::size_t> InputStream::State::refill() {
    begin = end = 0;
    auto count = raw(input.data(), input.size());
    if (count) end = count.value();
    return count;
}

Result<Done> InputStream::State::tell_packing() {
    input.resize(kCompressedChunk);
    // A pipe may give its first bytes one by one.
    while (end < 4) {
        const auto count = raw(input.data() + end, 4 - end);
        if (!count) return count.error();
        if (count.value() == 0) break;
        end += count.value();
    }
    const std::string_view magic(input.data(), end);
    if (magic.starts_with("\x1f\x8b")) {
        packing = Packing::gzip;
        if (inflateInit2(&inflater, 15 + 16) != Z_OK) return failed("out of memory");
        inflating = true;
    } else if (magic.starts_with("\x28\xb5\x2f\xfd")) {
        packing = Packing::zstd;
        zstd = ZSTD_createDStream();
        if (!zstd) return failed("out of memory");
    }
    return Done{};
}

Result<std::size_t> InputStream::State::gunzip(char* to, std::size_t size) {
    inflater.next_out = reinterpret_cast<Bytef*>(to);
    inflater.avail_out = static_cast<uInt>(size);
    while (inflater.avail_out == size) {
        if (begin == end) {
            const auto count = refill();
            if (!count) return count.error();
            if (count.value() == 0) {
                if (inside_frame) return failed("its gzip stream is cut off");
                return std::size_t{0};
            }
        }
        inflater.next_in = reinterpret_cast<Bytef*>(input.data() + begin);
        inflater.avail_in = static_cast<uInt>(end - begin);
        inside_frame = true;
        const int status = inflate(&inflater, Z_NO_FLUSH);
        begin = end - inflater.avail_in;
        if (status == Z_STREAM_END) {  // another member may follow
            inside_frame = false;
            inflateReset(&inflater);
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return failed("its gzip stream is damaged");
        }
    }
    return size - inflater.avail_out;
}

Result<std::size_t> InputStream::State::unzstd(char* to, std::size_t size) {
    ZSTD_outBuffer output{to, size, 0};
    while (output.pos == 0) {
        if (begin == end) {
            const auto count = refill();
            if (!count) return count.error();
            if (count.value() == 0) {
                if (inside_frame) return failed("its zstd stream is cut off");
                return std::size_t{0};
            }
        }
        ZSTD_inBuffer source{input.data() + begin, end - begin, 0};
        const std::size_t status = ZSTD_decompressStream(zstd, &output, &source);
        if (ZSTD_isError(status)) return failed(std::string("its zstd stream is damaged: ") + ZSTD_getErrorName(status));
        begin += source.pos;
        inside_frame = status != 0;
    }
    return output.pos;
}

InputStream::InputStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
InputStream::~InputStream() = default;
bool InputStream::compressed() const { return state_->packing != Packing::none; }
int InputStream::descriptor() const { return state_->file; }
std::uint64_t InputStream::consumed() const { return state_->consumed; }

Result<std::unique_ptr<InputStream>> InputStream::open(const std::string& path) {
    auto state = std::make_unique<State>();
    state->path = path == "-" ? "stdin" : path;
    state->file = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (state->file < 0) return state->failed(std::strerror(errno));
    struct stat status {};
    if (::fstat(state->file, &status) == 0 && S_ISDIR(status.st_mode)) return state->failed("it is a folder");
    if (const auto told = state->tell_packing(); !told) return told.error();
    return std::unique_ptr<InputStream>(new InputStream(std::move(state)));
}

Result<std::size_t> InputStream::read(char* to, std::size_t size) {
    State& state = *state_;
    if (state.packing == Packing::gzip) return state.gunzip(to, size);
    if (state.packing == Packing::zstd) return state.unzstd(to, size);
    if (state.begin == state.end) return state.raw(to, size);
    const std::size_t count = std::min(size, state.end - state.begin);
    std::memcpy(to, state.input.data() + state.begin, count);
    state.begin += count;
    return count;
}

Result<Done> InputStream::seek(std::int64_t byte) {
    State& state = *state_;
    if (::lseek(state.file, byte, SEEK_SET) < 0) return state.failed(std::strerror(errno));
    state.begin = state.end = 0;
    state.consumed = static_cast<std::uint64_t>(byte);
    return Done{};
}

std::optional<EventTime> last_written(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return std::nullopt;
    return EventTime{std::chrono::duration_cast<Duration>(std::chrono::seconds{status.st_mtim.tv_sec} +
                                                          std::chrono::nanoseconds{status.st_mtim.tv_nsec})};
}

}  // namespace culprit
