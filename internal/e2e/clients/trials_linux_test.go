package clients

// trials is what is done for each row of the table.
var trials = map[string]trial{
	"borg":          {[]string{"borg"}, tryBorg},
	"gpg":           {[]string{"gpg"}, tryGPG},
	"openssl":       {[]string{"openssl"}, tryOpenSSL},
	"restic":        {[]string{"restic"}, tryRestic},
	"ssh-add":       {[]string{"ssh-agent", "ssh-add", "ssh-keygen"}, trySSHAdd},
	"ssh-keygen":    {[]string{"ssh-keygen"}, trySSHKeygen},
	"ansible-vault": {[]string{"ansible-vault"}, tryAnsibleVault},
	"age":           {[]string{"age", "age-keygen"}, tryAge},
	"qpdf":          {[]string{"qpdf"}, tryQPDF},
	"cryptsetup":    {[]string{"cryptsetup"}, tryCryptsetup},
	"mkpasswd":      {[]string{"mkpasswd", "openssl"}, tryMkpasswd},
	"qemu-img":      {[]string{"qemu-img"}, tryQemuImg},
	"bwrap":         {[]string{"bwrap"}, tryBwrap},
	"keepassxc-cli": {[]string{"keepassxc-cli"}, tryKeePassXC},
	"chpasswd":      {[]string{"chpasswd", "openssl"}, tryChpasswd},
	"7z":            {[]string{"7z"}, try7z},
}
