# The released program. To build from source instead, use rustPlatform.buildRustPackage.
{ lib, stdenvNoCC, fetchurl }:

let
  platforms = {
$platforms
  };
  platform = platforms.$${stdenvNoCC.hostPlatform.system}
    or (throw "stopleak has no release for $${stdenvNoCC.hostPlatform.system}");
in
stdenvNoCC.mkDerivation {
  pname = "stopleak";
  version = "$version";

  src = fetchurl {
    url = "$repository/releases/download/v$version/stopleak-$version-$${platform.target}.tar.gz";
    inherit (platform) hash;
  };

  # Static on Linux, signed on macOS: nothing to patch or strip.
  dontPatchELF = true;
  dontStrip = true;

  installPhase = ''
    runHook preInstall
    install -Dm755 stopleak $$out/bin/stopleak
    for page in man/*.1; do
      if [ -e "$$page" ]; then install -Dm644 "$$page" -t $$out/share/man/man1; fi
    done
    runHook postInstall
  '';

  meta = {
    description = "$summary";
    homepage = "$repository";
    license = with lib.licenses; [ mit asl20 ];
    mainProgram = "stopleak";
    platforms = builtins.attrNames platforms;
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
