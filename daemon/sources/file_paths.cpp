#include "daemon/sources/file_paths.h"

#include <glob.h>

#include <filesystem>
#include <set>

namespace culprit {

namespace {

namespace fs = std::filesystem;

void add_folder(const fs::path& folder, std::set<std::string>& files) {
    std::error_code error;
    for (auto it = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
         it != fs::recursive_directory_iterator(); it.increment(error)) {
        const bool hidden = it->path().filename().string().starts_with('.');
        if (hidden && it->is_directory(error)) it.disable_recursion_pending();
        if (!hidden && it->is_regular_file(error)) files.insert(it->path().lexically_normal().string());
    }
}

bool is_glob(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

}  // namespace

Result<std::vector<std::string>> expand_paths(const std::vector<std::string>& paths, bool all_must_exist) {
    std::set<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (path == "-") {
            files.insert(path);
        } else if (fs::is_directory(path, error)) {
            add_folder(path, files);
        } else if (fs::exists(path, error)) {
            files.insert(fs::path(path).lexically_normal().string());
        } else if (is_glob(path)) {
            glob_t matches{};
            const int status = ::glob(path.c_str(), 0, nullptr, &matches);
            for (std::size_t i = 0; status == 0 && i < matches.gl_pathc; ++i) {
                if (fs::is_directory(matches.gl_pathv[i], error)) {
                    add_folder(matches.gl_pathv[i], files);
                } else {
                    files.insert(fs::path(matches.gl_pathv[i]).lexically_normal().string());
                }
            }
            ::globfree(&matches);
            if (status != 0 && all_must_exist) return Error{path + " matches no file"};
        } else if (all_must_exist) {
            return Error{path + " does not exist"};
        }
    }
    return std::vector<std::string>(files.begin(), files.end());
}

}  // namespace culprit
