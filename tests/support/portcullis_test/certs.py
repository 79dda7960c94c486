"""Certificates for tests, made by openssl(1): a CA, and what it has signed."""
import os
import subprocess

from . import process


def openssl(*argv, folder, **options):
    done = subprocess.run(["openssl", *argv], cwd=folder, capture_output=True, text=True, timeout=process.PATIENCE_S, **options)
    if done.returncode != 0:
        raise process.Failed(f"openssl {' '.join(argv)}: {done.stderr}")
    return done.stdout


class Authority:
    """A CA in a folder; the files are NAME.crt and NAME.key."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.name = name
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.key(name)
        ext = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        argv = ["req", "-x509", "-new", "-key", f"{name}.key", "-out", f"{name}.crt", "-days", "2"]
        openssl(*argv, "-subj", f"/CN=test {name}", *ext, folder=folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def crt(self):
        return self.path(f"{self.name}.crt")

    def key(self, name, kind="ec"):
        argv = {
            "ec": ["ecparam", "-name", "prime256v1", "-genkey", "-noout"],
            "rsa": ["genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
            "ed25519": ["genpkey", "-algorithm", "ed25519"],
        }[kind]
        openssl(*argv, "-out", f"{name}.key", folder=self.folder)
        os.chmod(self.path(f"{name}.key"), 0o600)

    def sign(self, name, names="IP:127.0.0.1,DNS:localhost", subject=None, kind="ec", expired=False):
        """NAME.crt and NAME.key; returns their paths."""
        self.key(name, kind)
        with open(self.path(f"{name}.ext"), "w", encoding="ascii") as f:
            f.write(f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n")
        subject = subject or f"/O=Portcullis/CN={name}"
        openssl("req", "-new", "-key", f"{name}.key", "-out", f"{name}.csr", "-subj", subject, folder=self.folder)
        if expired:
            self._sign_expired(name)
        else:
            argv = ["x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey", f"{self.name}.key"]
            argv += ["-CAcreateserial", "-out", f"{name}.crt", "-extfile", f"{name}.ext", "-days", "2"]
            openssl(*argv, folder=self.folder)
        return self.path(f"{name}.crt"), self.path(f"{name}.key")

    def _sign_expired(self, name):
        """x509(1) of 3.0 cannot be told two dates; ca(1) can."""
        with open(self.path("ca.cnf"), "w", encoding="ascii") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial.txt\nnew_certs_dir=.\n")
            f.write("default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\norganizationName=optional\n")
        open(self.path("index.txt"), "w", encoding="ascii").close()
        with open(self.path("serial.txt"), "w", encoding="ascii") as f:
            f.write("7777\n")
        argv = ["ca", "-batch", "-config", "ca.cnf", "-in", f"{name}.csr", "-out", f"{name}.crt", "-notext"]
        argv += ["-cert", f"{self.name}.crt", "-keyfile", f"{self.name}.key", "-extfile", f"{name}.ext"]
        openssl(*argv, "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", folder=self.folder)
