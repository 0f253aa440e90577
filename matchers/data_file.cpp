#include "matchers/data_file.h"

#include <algorithm>

namespace culprit {

std::string data_file_in(std::string_view message) {
    for (const std::string_view folder : {"pg_tblspc/", "base/", "global/"}) {
        for (std::size_t begin = message.find(folder); begin != std::string_view::npos; begin = message.find(folder, begin + 1)) {
            if (begin > 0 && std::string_view(" \"'(").find(message[begin - 1]) == std::string_view::npos) continue;
            std::string_view path = message.substr(begin);
            path = path.substr(0, path.find_first_not_of("abcdefghijklmnopqrstuvwxyzPG0123456789_./"));
            while (path.ends_with('.')) path.remove_suffix(1);
            // Its own numbers follow the folder; any other path is not the server's.
            const std::string_view rest = path.substr(folder.size());
            const bool numbered = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
            if (numbered && path.find("..") == std::string_view::npos && path.size() < 128) return std::string(path);
        }
    }
    return {};
}

}  // namespace culprit
