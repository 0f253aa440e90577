#pragma once
// A folder of the test's own, gone after it.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace culprit {

class TemporaryFolder {
   public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "culprit-test-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::string write(const std::string& name, const std::string& content, std::ios::openmode mode = std::ios::trunc) const {
        std::ofstream(path_ / name, std::ios::binary | std::ios::out | mode) << content;
        return file(name);
    }
    void append(const std::string& name, const std::string& content) const { write(name, content, std::ios::app); }
    std::string path() const { return path_.string(); }

   private:
    std::filesystem::path path_;
};

}  // namespace culprit
