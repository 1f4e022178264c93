class Stopleak < Formula
  desc "Secret scanner for files, commits and git histories that fails closed"
  homepage "$repository"
  version "$version"
  license any_of: ["MIT", "Apache-2.0"]

$platforms
  def install
    bin.install "stopleak"
    man1.install Dir["man/*.1"]
    doc.install "README.md", "CHANGELOG.md", "THIRD-PARTY-LICENSES"
    generate_completions_from_executable(bin/"stopleak", "completions")
  end

  test do
    (testpath/"clean.txt").write "nothing\n"
    assert_match "clean", shell_output("#{bin}/stopleak scan clean.txt 2>&1")
    (testpath/"leak.txt").write "db_password = \"k9QvT2m#{"XwLp81Zr"}\"\n"
    shell_output("#{bin}/stopleak scan leak.txt 2>&1", 1)
  end
end
